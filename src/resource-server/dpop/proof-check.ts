import type { Clock } from '../../clock.ts'
import { accessTokenHash } from '../../proof/dpop-claims.ts'
import { isSignedBy } from '../../proof/signature-check.ts'
import { decodeBase64url, isCanonical } from '../base64url.ts'
import { type JsonObject, parseJsonObject } from '../compact-jws.ts'
import { RefusedToken } from '../token-refused-error.ts'
import type { Nonces } from './nonces.ts'
import { type ProofHeader, proofHeader } from './proof-header.ts'
import { isSameTarget } from './proof-url.ts'
import { ReplayMemory } from './replay-memory.ts'

/** A request with a proof. */
export interface ProvenRequest {
  /** The value of the header field `DPoP`. */
  readonly proof: string
  readonly method: string
  /** The URLs to which the client may have sent the request. */
  readonly urls: readonly string[]
  /** An object that identifies the request. It is the same whenever the same request is checked. */
  readonly identity: object
}

/** The token and the key that a proof must match, if it is sent with a token. */
export interface ProofBinding {
  /** The thumbprint of the key that the token is bound to. */
  readonly thumbprint: string
  readonly token: string
}

export interface ProofRules {
  readonly algorithms: readonly string[]
  /** By how many milliseconds the time in a proof may differ from ours. */
  readonly window: number
  /** The nonces that proofs must contain, or undefined if they need none. */
  readonly nonces: Nonces | undefined
}

type ProofParts = readonly [header: string, payload: string, signature: string]

const mostBytes = 8 * 1024
const mostIdLength = 256
const mostHeaders = 1000
const compactJws = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/** Checks proofs (RFC 9449 §4.3), and that each is used for one request only. */
export class ProofCheck {
  readonly #rules: ProofRules
  readonly #clock: Clock
  readonly #used: ReplayMemory
  /** Parsed headers are kept: a client always sends the same one, and parsing its key is as slow as a signature check. Only those of valid proofs are kept. */
  readonly #headers = new Map<string, ProofHeader>()
  /** The result is kept for each request, because a request may pass several guards. */
  readonly #checked = new WeakMap<object, string>()

  constructor(rules: ProofRules, clock: Clock) {
    this.#rules = rules
    this.#clock = clock
    this.#used = new ReplayMemory(clock, rules.nonces?.lifetime ?? 2 * rules.window)
  }

  /**
   * Returns the thumbprint of the key of the proof. Without a `binding`, as at a token endpoint, any key is accepted.
   * @throws RefusedToken
   */
  check(request: ProvenRequest, binding?: ProofBinding): string {
    const { proof, identity } = request
    const parts = partsOf(proof)
    const { thumbprint } = this.#signedBy(parts, binding?.thumbprint)
    const claims = parseJsonObject(decodeBase64url(parts[1]), 'malformed_proof')
    const id = checkTarget(claims, request, binding?.token)
    const until = this.#checkTimes(claims)
    if (this.#checked.get(identity) === proof) return thumbprint
    if (!this.#used.use(`${thumbprint} ${id}`, until)) throw new RefusedToken('replayed_proof')
    this.#checked.set(identity, proof)
    return thumbprint
  }

  /** Returns the nonce for later proofs, or undefined if proofs need none. */
  nonce(): string | undefined {
    return this.#rules.nonces?.current()
  }

  close(): void {
    this.#used.close()
  }

  /** Checks the signature, and that the key is the one that the token is bound to. */
  #signedBy([text, payload, signature]: ProofParts, boundTo: string | undefined): ProofHeader {
    const header = this.#headers.get(text) ?? proofHeader(text, this.#rules.algorithms, boundTo)
    if (boundTo !== undefined && header.thumbprint !== boundTo) throw new RefusedToken('wrong_proof_key')
    if (!isSignedBy(header.key, header.alg, `${text}.${payload}`, decodeBase64url(signature)))
      throw new RefusedToken('bad_proof_signature')
    this.#keep(text, header)
    return header
  }

  #keep(text: string, header: ProofHeader): void {
    this.#headers.delete(text)
    this.#headers.set(text, header)
    const [oldest] = this.#headers.keys()
    if (this.#headers.size > mostHeaders && oldest !== undefined) this.#headers.delete(oldest)
  }

  /** The time from which the proof is no longer valid. */
  #checkTimes({ iat, exp, nbf, nonce }: JsonObject): number {
    const { window, nonces } = this.#rules
    const now = this.#clock.wallTime()
    if (typeof iat !== 'number') throw new RefusedToken('malformed_proof')
    const nonceEnds = nonces?.endOf(nonce)
    if (nonces !== undefined && nonceEnds === undefined) throw new RefusedToken('nonce_needed')
    const isCurrent =
      // A nonce shows when a proof was made, even if the client's clock is wrong (RFC 9449 §4.3).
      (nonceEnds !== undefined || Math.abs(now - iat * 1000) <= window) &&
      (exp === undefined || (typeof exp === 'number' && now < exp * 1000 + window)) &&
      (nbf === undefined || (typeof nbf === 'number' && now >= nbf * 1000 - window))
    if (!isCurrent) throw new RefusedToken('stale_proof')
    return nonceEnds ?? iat * 1000 + window
  }
}

/** Checks that a proof was made for this request and this token, if there is one. Returns its id. */
function checkTarget(
  { jti, htm, htu, ath }: JsonObject,
  { method, urls }: ProvenRequest,
  token: string | undefined
): string {
  if (!isText(jti) || jti.length > mostIdLength || !isText(htm) || !isText(htu))
    throw new RefusedToken('malformed_proof')
  if (htm !== method || !isSameTarget(htu, urls)) throw new RefusedToken('proof_of_another_request')
  if (token !== undefined && ath !== accessTokenHash(token)) throw new RefusedToken('proof_of_another_token')
  return jti
}

function partsOf(proof: string): ProofParts {
  const [, header = '', payload = '', signature = ''] = (proof.length <= mostBytes && compactJws.exec(proof)) || []
  if (header === '' || ![header, payload, signature].every(isCanonical)) throw new RefusedToken('malformed_proof')
  return [header, payload, signature]
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
