import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { isBytes } from '../../realm.ts'
import { checkedFields, milliseconds, wrong } from '../../wrong-option.ts'

/** Options for the nonces that proofs must contain (RFC 9449 §8, §9). With them, only our clock decides how old a proof is. */
export interface NonceOptions {
  /**
   * The secret that authenticates nonces: at least 32 random bytes. All instances behind one URL need the same. Give several while you rotate it: the
   * first makes new nonces, and all are accepted. The default is one random secret for this process.
   */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** How many milliseconds a nonce is valid. The default is 5 minutes, and the maximum is an hour. */
  readonly lifetime?: number
}

/** The checked options. */
export interface CheckedNonces {
  readonly secrets: readonly Buffer[]
  readonly lifetime: number
}

/** The nonces that a server issues and accepts in proofs. */
export interface Nonces {
  /** Returns the nonce to use now. */
  current(): string
  /** Returns when a nonce expires (epoch ms). The result is undefined if it is not ours or has expired. */
  endOf(nonce: unknown): number | undefined
  /** How many milliseconds a nonce is valid at most. */
  readonly lifetime: number
}

const mostLifetime = 3_600_000
const timeBytes = 6
const sealBytes = 18

/** @throws ClientConfigurationError */
export function checkNonces(given: true | NonceOptions): CheckedNonces {
  const options = given === true ? {} : checkedFields('dpop.nonces', given, ['secret', 'lifetime'])
  const { secret = ofThisProcess(), lifetime = 300_000 } = options
  milliseconds('dpop.nonces.lifetime', lifetime, { least: 1000, most: mostLifetime })
  const several = Array.isArray(secret) ? secret : [secret]
  const usable = several.every((each) => (typeof each === 'string' || isBytes(each)) && each.length >= 32)
  if (several.length === 0 || !usable)
    wrong('dpop.nonces.secret', 'must have at least 32 bytes', 'Give random text or bytes.')
  return { secrets: several.map((each: string | Uint8Array) => Buffer.from(each as string)), lifetime }
}

let chosen: Buffer | undefined

/** The secret is shared, because all verifiers behind one URL must accept each other's nonces. */
function ofThisProcess(): Buffer {
  chosen ??= randomBytes(32)
  return chosen
}

/** Nonces need no memory, because each contains the time at which it was made and a MAC. */
export function sealedNonces({ secrets, lifetime }: CheckedNonces, clock: Clock): Nonces {
  /** The nonce changes only after a tenth of its lifetime. */
  const step = Math.ceil(lifetime / 10)
  let latest = { madeAt: Number.NaN, nonce: '' }

  return {
    lifetime,
    current() {
      const madeAt = Math.floor(clock.wallTime() / step) * step
      if (madeAt !== latest.madeAt) latest = { madeAt, nonce: sealed(madeAt, secrets[0] as Buffer) }
      return latest.nonce
    },
    endOf(nonce) {
      if (typeof nonce !== 'string' || !/^[\w-]{32}$/.test(nonce)) return undefined
      const madeAt = Buffer.from(nonce, 'base64url').readUIntBE(0, timeBytes)
      const now = clock.wallTime()
      // The clock of another instance may be ahead, but not by more than the lifetime of a nonce.
      if (now >= madeAt + lifetime || madeAt > now + lifetime) return undefined
      return secrets.some((secret) => isEqual(nonce, sealed(madeAt, secret))) ? madeAt + lifetime : undefined
    }
  }
}

function sealed(madeAt: number, secret: Buffer): string {
  const time = Buffer.alloc(timeBytes)
  time.writeUIntBE(madeAt, 0, timeBytes)
  const seal = createHmac('sha256', secret).update('DPoP-Nonce').update(time).digest().subarray(0, sealBytes)
  return Buffer.concat([time, seal]).toString('base64url')
}

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
