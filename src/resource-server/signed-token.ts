import { decodeBase64url } from './base64url.ts'
import { checkClaims, type Expectation } from './claims.ts'
import {
  type CompactJws,
  type JwsHeader,
  mediaTypeOf,
  parseCompactJws,
  parseHeader,
  parseJsonObject
} from './compact-jws.ts'
import type { VerificationKey, VerificationKeys } from './keys/verification-keys.ts'
import { RefusedToken } from './token-refused-error.ts'
import { type SizedToken, verifiedToken } from './verified-token.ts'

export interface SignedTokenContext {
  readonly keys: VerificationKeys
  readonly algorithms: readonly string[]
  readonly expected: Expectation
  /** Epoch ms. */
  readonly now: () => number
}

/** A verified token and the key that signed it. */
export interface Verified extends SizedToken {
  readonly key?: VerificationKey | undefined
}

const mostHeaders = 100

/** Checks JWT access tokens (RFC 9068 §4): first the type, then the signature, and then the claims. */
export class SignedTokenCheck {
  readonly #context: SignedTokenContext
  /** Parsed headers are kept because all tokens of one key have the same header. Only headers of valid tokens are kept. */
  readonly #headers = new Map<string, JwsHeader>()

  constructor(context: SignedTokenContext) {
    this.#context = context
  }

  /** Throws or rejects with RefusedToken, or with TokenClientError `ERR_KEYS_UNAVAILABLE`. The result is a promise only if the keys are not available at once. */
  verify(token: string): Verified | Promise<Verified> {
    const jws = parseCompactJws(token)
    const header = this.#readHeader(jws.header)
    const judged = (key: VerificationKey | undefined) =>
      key === undefined ? this.#tryNewer(jws, header) : this.#accept(jws, header, key)
    return andThen(this.#context.keys.candidates(header), (candidates) =>
      andThen(signer(candidates, jws, header), judged)
    )
  }

  #readHeader(text: string): JwsHeader {
    const known = this.#headers.get(text)
    if (known !== undefined) return known
    const { algorithms, expected } = this.#context
    const header = parseHeader(text)
    if (!expected.profile.types.includes(mediaTypeOf(header.typ))) throw new RefusedToken('wrong_type')
    if (!algorithms.includes(header.alg)) throw new RefusedToken('algorithm_not_allowed')
    return header
  }

  async #tryNewer(jws: CompactJws, header: JwsHeader): Promise<Verified> {
    const { keys } = this.#context
    // If a token names its key with `kid`, an unknown `kid` has already caused a search for newer keys.
    const newer = header.kid === undefined ? await keys.newer?.(header).catch(badSignature) : undefined
    const key = await signer(newer ?? [], jws, header)
    return key === undefined ? badSignature() : this.#accept(jws, header, key)
  }

  #accept(jws: CompactJws, header: JwsHeader, key: VerificationKey): Verified {
    const { expected, now } = this.#context
    if (this.#headers.size < mostHeaders) this.#headers.set(jws.header, header)
    const claims = parseJsonObject(decodeBase64url(jws.payload), 'malformed_claims')
    checkClaims(claims, expected, now())
    const { token, bytes } = verifiedToken(claims, expected)
    return { token, bytes, key }
  }
}

/** Returns the first key that verifies the signature. */
function signer(
  candidates: readonly VerificationKey[],
  jws: CompactJws,
  header: JwsHeader
): VerificationKey | undefined | Promise<VerificationKey | undefined> {
  const [key, ...others] = candidates
  if (key === undefined) return undefined
  const signed = key.signed(header.alg, jws.signingInput, jws.signature)
  return andThen(signed, (yes) => (yes ? key : signer(others, jws, header)))
}

function andThen<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

function badSignature(): never {
  throw new RefusedToken('bad_signature')
}
