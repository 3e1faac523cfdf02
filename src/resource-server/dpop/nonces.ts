import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { checkedFields, milliseconds, wrong } from '../../wrong-option.ts'

/** Nonces that proofs have to carry (RFC 9449 §8, §9): then our clock alone decides how old a proof is. */
export interface NonceOptions {
  /**
   * What nonces are sealed with: 32 bytes or more, chosen at random. Instances that stand behind one URL share it. Several while it changes: the first
   * seals, all of them count. One for all verifiers of this process, if left out.
   */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** Milliseconds for which a nonce counts; 5 minutes by default, an hour at most. */
  readonly lifetime?: number
}

/** The same, checked. */
export interface CheckedNonces {
  readonly secrets: readonly Buffer[]
  readonly lifetime: number
}

/** Nonces that a server gives out, and takes again in proofs. */
export interface Nonces {
  /** The one to use now. */
  current(): string
  /** Epoch ms at which one of ours ends; undefined for any other, and for one that has ended. */
  endOf(nonce: unknown): number | undefined
  /** Milliseconds for which one counts at most. */
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
  const usable = several.every((each) => (typeof each === 'string' || each instanceof Uint8Array) && each.length >= 32)
  if (several.length === 0 || !usable)
    wrong('dpop.nonces.secret', 'is too short, or is none', 'Give 32 bytes or more, chosen at random.')
  return { secrets: several.map((each: string | Uint8Array) => Buffer.from(each as string)), lifetime }
}

let chosen: Buffer | undefined

/** Verifiers behind one URL take each other's nonces. */
function ofThisProcess(): Buffer {
  chosen ??= randomBytes(32)
  return chosen
}

/** Nothing is kept for a nonce: it holds the moment at which it was made, and a seal. */
export function sealedNonces({ secrets, lifetime }: CheckedNonces, clock: Clock): Nonces {
  /** All nonces of a tenth of their life are one. */
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
      // Another instance's clock may be ahead, and is not by as much as a nonce lives.
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
