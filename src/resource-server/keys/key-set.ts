import type { JSONWebKeySet, JWK } from 'jose'
import { isFor } from '../../proof/signature-algorithms.ts'
import type { JwsHeader } from '../compact-jws.ts'
import type { VerificationKey } from './verification-keys.ts'

/** How to turn a JWK Set into keys. */
export interface KeyReading {
  readonly algorithms: readonly string[]
  /** The accepted values of a key's `use`, beside `sig`. */
  readonly keyUses: readonly string[]
  read(jwk: JWK, fits: (alg: string) => boolean): VerificationKey
}

/** The public keys of a JWK Set (RFC 7517 §5). */
export interface KeySet {
  /** Returns the keys for the algorithm and, if the header has a `kid`, with this `kid`. */
  candidates(header: JwsHeader): readonly VerificationKey[]
  has(key: VerificationKey): boolean
  readonly jwks: readonly JWK[]
  /** The keys, by a text that identifies each of them. */
  readonly keys: ReadonlyMap<string, VerificationKey>
}

/** How many keys are tried for each token, so that an invalid token causes no more signature checks than this. */
const mostCandidates = 8
const identifying = ['kty', 'crv', 'x', 'y', 'n', 'e', 'alg', 'use', 'kid', 'key_ops'] as const

/**
 * Reads the keys of a document. A key that was in the set before stays the same object, so tokens that were verified with it stay valid.
 * @throws Error if the document is not a JWK Set.
 */
export function keySet(document: JSONWebKeySet, reading: KeyReading, before?: KeySet): KeySet {
  const usable = document.keys.filter(isPublicKey)
  const keys = new Map<string, VerificationKey>()
  const named = usable.map((jwk) => {
    const identity = JSON.stringify(identifying.map((name) => jwk[name]))
    const key = keys.get(identity) ?? before?.keys.get(identity) ?? readKey(jwk, reading)
    keys.set(identity, key)
    return { kid: jwk.kid, key }
  })
  const current = new Set(keys.values())
  return {
    candidates({ alg, kid }) {
      const found = named.filter((one) => (kid === undefined || one.kid === kid) && one.key.fits(alg))
      return [...new Set(found.map(({ key }) => key))].slice(0, mostCandidates)
    },
    has: (key) => current.has(key),
    jwks: usable,
    keys
  }
}

function readKey(jwk: JWK, { algorithms, keyUses, read }: KeyReading): VerificationKey {
  const forSignatures = jwk.use === undefined || jwk.use === 'sig' || keyUses.includes(jwk.use)
  const forVerifying = jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))
  const fitting = algorithms.filter((alg) => forSignatures && forVerifying && isFor(jwk, alg))
  return read(jwk, (alg) => fitting.includes(alg))
}

/** Ignores private keys, because a published one is not secret, and shared secrets, because they do not belong in a JWK Set. */
function isPublicKey(jwk: unknown): jwk is JWK {
  return typeof jwk === 'object' && jwk !== null && 'kty' in jwk && jwk.kty !== 'oct' && !('d' in jwk)
}
