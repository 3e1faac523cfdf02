import type { Clock } from '../../clock.ts'
import { accessTokenHash } from '../../proof/dpop-claims.ts'
import { isSignedBy } from '../../proof/signature-check.ts'
import { decodeBase64url, isCanonical } from '../base64url.ts'
import { type JsonObject, parseJsonObject } from '../compact-jws.ts'
import { RefusedToken } from '../token-refused-error.ts'
import type { Nonces } from './nonces.ts'
import { type ProofHeader, proofHeader } from './proof-header.ts'
import { isSameTarget } from './proof-url.ts'
import { replayMemory } from './replay-memory.ts'

/** A request that came with a proof. */
export interface ProvenRequest {
  /** The value of the header field `DPoP`. */
  readonly proof: string
  readonly method: string
  /** The URLs that it may have been sent to. */
  readonly urls: readonly string[]
  /** The same object, whenever the same request is looked at. */
  readonly identity: object
}

/** What a proof must go with, where a token is used. */
export interface ProofBinding {
  /** The thumbprint of the key that the token is bound to. */
  readonly thumbprint: string
  readonly token: string
}

export interface ProofCheck {
  /**
   * Checks a proof (RFC 9449 §4.3), and that it was not used for another request before. Gives the thumbprint of its key: where tokens are issued any key
   * will do.
   * @throws RefusedToken
   */
  check(request: ProvenRequest, binding?: ProofBinding): string
  /** The nonce for the proofs to come; undefined where none is demanded. */
  nonce(): string | undefined
  close(): void
}

export interface ProofRules {
  readonly algorithms: readonly string[]
  /** Milliseconds by which the time in a proof may differ from ours. */
  readonly window: number
  /** Those that proofs have to carry; undefined where none is demanded. */
  readonly nonces: Nonces | undefined
}

const mostBytes = 8 * 1024
const mostIdLength = 256
const mostHeaders = 1000
const compactJws = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

export function proofCheck({ algorithms, window, nonces }: ProofRules, clock: Clock): ProofCheck {
  const memory = replayMemory(clock, nonces?.lifetime ?? 2 * window)
  /** The header of a client's proofs is always the same, and reading its key takes as long as a signature check. Only those of good signatures are kept. */
  const headers = new Map<string, ProofHeader>()
  /** A request may pass several guards. */
  const checked = new WeakMap<object, string>()

  function keep(text: string, header: ProofHeader): void {
    headers.delete(text)
    headers.set(text, header)
    const [oldest] = headers.keys()
    if (headers.size > mostHeaders && oldest !== undefined) headers.delete(oldest)
  }

  /** The moment from which on the proof does not count any more. */
  function checkTimes({ iat, exp, nbf, nonce }: JsonObject): number {
    const now = clock.wallTime()
    if (typeof iat !== 'number') throw new RefusedToken('malformed_proof')
    const nonceEnds = nonces?.endOf(nonce)
    if (nonces !== undefined && nonceEnds === undefined) throw new RefusedToken('nonce_needed')
    const isCurrent =
      // A nonce says better when a proof was made than a clock that may be wrong (RFC 9449 §4.3).
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
    close: memory.close
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
