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

export interface ProofCheck {
  /**
   * Checks a proof (RFC 9449 §4.3), and that it was not used for another request before. Returns the thumbprint of its key. Without a `binding`, as at a
   * token endpoint, any key is accepted.
   * @throws RefusedToken
   */
  check(request: ProvenRequest, binding?: ProofBinding): string
  /** Returns the nonce for later proofs, or undefined if proofs need none. */
  nonce(): string | undefined
  close(): void
}

export interface ProofRules {
  readonly algorithms: readonly string[]
  /** By how many milliseconds the time in a proof may differ from ours. */
  readonly window: number
  /** The nonces that proofs must contain, or undefined if they need none. */
  readonly nonces: Nonces | undefined
}

const mostBytes = 8 * 1024
const mostIdLength = 256
const mostHeaders = 1000
const compactJws = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

export function proofCheck({ algorithms, window, nonces }: ProofRules, clock: Clock): ProofCheck {
  const memory = new ReplayMemory(clock, nonces?.lifetime ?? 2 * window)
  /** Parsed headers are kept: a client always sends the same one, and parsing its key is as slow as a signature check. Only those of valid proofs are kept. */
  const headers = new Map<string, ProofHeader>()
  /** The result is kept for each request, because a request may pass several guards. */
  const checked = new WeakMap<object, string>()

  function keep(text: string, header: ProofHeader): void {
    headers.delete(text)
    headers.set(text, header)
    const [oldest] = headers.keys()
    if (headers.size > mostHeaders && oldest !== undefined) headers.delete(oldest)
  }

  /** The time from which the proof is no longer valid. */
  function checkTimes({ iat, exp, nbf, nonce }: JsonObject): number {
    const now = clock.wallTime()
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

  return {
    check({ proof, method, urls, identity }, binding) {
      const [header, payload, signature] = partsOf(proof)
      const read = headers.get(header) ?? proofHeader(header, algorithms, binding?.thumbprint)
      const { thumbprint } = read
      if (binding !== undefined && thumbprint !== binding.thumbprint) throw new RefusedToken('wrong_proof_key')
      if (!isSignedBy(read.key, read.alg, `${header}.${payload}`, decodeBase64url(signature)))
        throw new RefusedToken('bad_proof_signature')
      keep(header, read)
      const claims = parseJsonObject(decodeBase64url(payload), 'malformed_proof')
      const { jti, htm, htu, ath } = claims
      if (!isText(jti) || jti.length > mostIdLength || !isText(htm) || !isText(htu))
        throw new RefusedToken('malformed_proof')
      if (htm !== method || !isSameTarget(htu, urls)) throw new RefusedToken('proof_of_another_request')
      if (binding !== undefined && ath !== accessTokenHash(binding.token))
        throw new RefusedToken('proof_of_another_token')
      const until = checkTimes(claims)
      if (checked.get(identity) === proof) return thumbprint
      if (!memory.use(`${thumbprint} ${jti}`, until)) throw new RefusedToken('replayed_proof')
      checked.set(identity, proof)
      return thumbprint
    },
    nonce: () => nonces?.current(),
    close: () => memory.close()
  }
}

function partsOf(proof: string): readonly [string, string, string] {
  const [, header = '', payload = '', signature = ''] = (proof.length <= mostBytes && compactJws.exec(proof)) || []
  if (header === '' || ![header, payload, signature].every(isCanonical)) throw new RefusedToken('malformed_proof')
  return [header, payload, signature]
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
