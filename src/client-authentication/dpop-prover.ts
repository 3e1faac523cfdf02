import { builtin } from '../builtin.ts'
import type { Clock } from '../clock.ts'
import { toldToCaller } from '../errors.ts'
import { limits } from '../limits.ts'
import { ownMembers } from '../own-members.ts'
import { accessTokenHash, proofType } from '../proof/dpop-claims.ts'
import { type Jwk, jwkThumbprint, publicJwk } from '../proof/public-jwk.ts'
import { jwsPart } from '../proof/raw-signature.ts'
import type { AnswerFields, ProofRefusal, ProvenCall, ProvenRequest, Prover } from '../token/prover.ts'
import { tooSlow, withDeadline } from '../waiting/deadline.ts'
import type { Ending } from '../waiting/ending.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import type { DpopKey } from './dpop-key.ts'
import type { ProofMemory } from './proof-memory.ts'

interface DpopProverOptions {
  readonly key: DpopKey
  readonly memory: ProofMemory
  readonly clock: Clock
  /** How many milliseconds a signature may take if the key is outside this process. */
  readonly timeout: number
  /** Aborted when the client closes. */
  readonly closing: Ending
}

const mostNonceRepeats = 3

/** Proves possession of one key (RFC 9449 §4.2). */
export function dpopProver({ key, memory, clock, timeout, closing }: DpopProverOptions): Prover {
  const jwk = key.publicKey.export({ format: 'jwk' }) as Jwk
  const header = jwsPart({ typ: proofType, alg: key.alg, jwk: publicJwk(jwk) })

  function signed(claims: object, patience: ProvenRequest['patience']): string | Promise<string> {
    const input = `${header}.${jwsPart(claims)}`
    const signature = key.sign(input)
    if (typeof signature === 'string') return `${input}.${signature}`
    const proof = signature.then((signed) => `${input}.${signed}`)
    return patience === undefined ? proof : inTime(proof, patience)
  }

  function inTime(proof: Promise<string>, { signal, maxWait, waitsSince }: BegunPatience): Promise<string> {
    proof.catch(() => {}) // told below, unless the caller has left
    const moment = clock.monotonicTime()
    // With maxWait 0 a caller wants a token that is there already. No signature is ever there before its request.
    const left = maxWait ? Math.max(0, maxWait - (moment - (waitsSince ?? moment))) : timeout
    const what = 'the signature of the DPoP key'
    const timedOut = () =>
      left < timeout
        ? tooSlow(`No token and DPoP proof came within ${maxWait} ms`, { what, code: 'ERR_TIMEOUT' })
        : tooSlow(`No DPoP proof came within ${timeout} ms`, { what, code: 'ERR_SECRET_UNAVAILABLE' })
    const deadline = { clock, timeout: Math.min(left, timeout), timedOut, signals: [closing, signal], holds: true }
    return toldToCaller(withDeadline(deadline, () => proof))
  }

  const prover: Prover = {
    thumbprint: jwkThumbprint(jwk) as string,
    begin: (origin, server) => new Call({ prover, signed, memory, origin, server })
  }
  return prover
}

interface CallOptions {
  readonly prover: Prover
  readonly signed: (claims: object, patience: ProvenRequest['patience']) => string | Promise<string>
  readonly memory: ProofMemory
  readonly origin: string
  readonly server: Parameters<Prover['begin']>[1]
}

class Call implements ProvenCall {
  readonly #options: CallOptions
  /** The name under which the nonces of the server are stored. */
  readonly #place: string
  readonly #tried = new Set<string>()
  /** A nonce from an answer to this call. No other call gets it until this one has used it, because it may be valid for one use only. */
  #ownNonce: string | undefined
  #usedNonce: string | undefined
  /** Epoch ms that the last proof names. */
  #datedAt = 0
  #nonceRepeats = 0
  /** A proof that was refused for what is in it has been made again. */
  #isRemade = false

  constructor(options: CallOptions) {
    this.#options = options
    this.#place = `${options.server} ${options.origin}`
  }

  get prover(): Prover {
    return this.#options.prover
  }

  proof(request: ProvenRequest): string | Promise<string> {
    const { method, url, token, patience } = ownMembers(request)
    const { memory, origin, signed } = this.#options
    const nonce = this.#ownNonce ?? memory.nonceOf(this.#place)
    this.#usedNonce = nonce
    if (nonce !== undefined) this.#tried.add(nonce)
    this.#datedAt = memory.nowAt(origin)
    const claims = {
      jti: builtin.crypto.randomUUID(),
      htm: method,
      htu: url,
      iat: Math.floor(this.#datedAt / 1000),
      ...(token !== undefined && { ath: accessTokenHash(token) }),
      ...(nonce !== undefined && { nonce })
    }
    return signed(claims, patience)
  }

  learn(headers: AnswerFields, refusal: ProofRefusal, canRepeat: boolean): boolean {
    const told = nonceIn(headers['dpop-nonce'])
    const misdated = this.#learnTime(headers, refusal)
    if (canRepeat && this.#isWorthRepeating(refusal, told, misdated)) {
      this.#ownNonce = told ?? this.#ownNonce
      return true
    }
    this.#settle(told, refusal)
    return false
  }

  #isWorthRepeating(refusal: ProofRefusal, told: string | undefined, misdated: boolean): boolean {
    if (refusal === undefined) return false
    const isNewNonce = told !== undefined && !this.#tried.has(told)
    if (refusal === 'nonce') {
      if (!isNewNonce) return false
      this.#nonceRepeats += 1
      return this.#nonceRepeats <= mostNonceRepeats
    }
    // Some servers say this of a nonce that has expired.
    if (this.#isRemade || !(misdated || isNewNonce)) return false
    this.#isRemade = true
    return true
  }

  /** Makes available to other calls what this call no longer needs. */
  #settle(told: string | undefined, refusal: ProofRefusal): void {
    const { memory } = this.#options
    if (told !== undefined) memory.keepNonce(this.#place, told)
    else if (refusal === 'nonce') memory.dropNonce(this.#place, this.#usedNonce)
    else if (refusal === undefined && this.#ownNonce !== undefined) memory.keepNonce(this.#place, this.#ownNonce)
    this.#ownNonce = told ?? this.#ownNonce // another token may follow
  }

  /**
   * Whether the proof was dated wrongly. An answer to another request can have shown it before. The time of a resource server is read only
   * if it refuses a proof. Whoever asks for tokens reads that of the authorization server.
   */
  #learnTime(headers: AnswerFields, refusal: ProofRefusal): boolean {
    const { memory, origin, server } = this.#options
    if (refusal !== 'proof') return false
    const { date, age } = headers
    if (server === 'resource-server' && typeof date === 'string')
      memory.learnTime(origin, { date, ...(typeof age === 'string' && { age }) })
    return Math.abs(memory.nowAt(origin) - this.#datedAt) >= limits.clockDifference
  }
}

/**
 * The form of a nonce (RFC 9449 §8.1). A proof with a longer one would not fit into the 8 KiB that servers take as a header field, and a
 * space separates the values of a repeated header.
 */
const nonceSyntax = /^[\x21\x23-\x5b\x5d-\x7e]{1,4096}$/

function nonceIn(field: unknown): string | undefined {
  const value: unknown = Array.isArray(field) && field.length === 1 ? field[0] : field
  return typeof value === 'string' && nonceSyntax.test(value) ? value : undefined
}
