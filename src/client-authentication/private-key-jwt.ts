import { checkedFields, nonEmptyString, wrong } from '../wrong-option.ts'
import { checkAudience, signAssertion } from './client-assertion.ts'
import type { ClientAuthentication } from './client-authentication.ts'
import { credentialRing, ringOf } from './credential-ring.ts'
import { keySource, type PrivateKeySource } from './key-source.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { signingAlgorithms } from './signing-key.ts'

export interface PrivateKeyJwtOptions {
  /** The key, or the current and the next one. */
  readonly key: PrivateKeySource | readonly PrivateKeySource[]
  /** RS256, ES256, ES384, ES512 or EdDSA by the key, unless given. */
  readonly alg?: string
  /** The name of the key in the client's JWKS; a JWK's own unless given. */
  readonly kid?: string
  /** The issuer unless given; the token endpoint's URL makes the older form, without `typ`. */
  readonly audience?: string
}

/** `private_key_jwt`: an assertion signed with the client's private key (RFC 7523 §2.2, OpenID Connect Core §9). */
export function privateKeyJwt(options: PrivateKeyJwtOptions): ClientAuthentication {
  const known = ['key', 'alg', 'kid', 'audience']
  const { key, alg, kid, audience } = checkedFields('privateKeyJwt options', options, known)
  checkAudience(audience)
  if (kid !== undefined) nonEmptyString('kid', kid, "Give the key's name in the client's JWKS, or leave it out.")
  if (alg !== undefined && !signingAlgorithms.includes(alg))
    wrong('alg', 'is unknown', `Give one of ${signingAlgorithms.join(', ')}.`)
  const keys = ringOf('key', key)
  if (keys.length > 1 && kid !== undefined) {
    const remedy = 'Give JWKs, each with its own kid.'
    wrong('kid', 'names one key, and key is a list', remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  return ringAuthentication(credentialRing(keys.map((one) => keySource(one, { alg, kid }))), {
    method: 'private_key_jwt',
    needsIssuer: audience === undefined,
    prove: (draft, signer) => signAssertion(draft, signer, audience)
  })
}
