import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { asymmetricAlgorithms } from '../proof/signature-algorithms.ts'
import { isCryptoKey } from '../realm.ts'
import { checkedFields, exclusive, functionOption, nonEmptyString, oneOf, wrong } from '../wrong-option.ts'
import type { Signer } from './client-assertion.ts'
import type { ClientAuthentication } from './client-authentication.ts'
import { credentialRing, ringOf } from './credential-ring.ts'
import { type CredentialSource, fixed } from './credential-source.ts'
import { breach, fapi2Algorithms } from './fapi2.ts'
import { keySource, type PrivateKeySource } from './key-source.ts'
import { preparedAudience, signAssertion } from './own-assertion.ts'
import type { Sign } from './remote-signer.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { cryptoKeyOption, publicKeyOption } from './signer-options.ts'

interface CommonOptions {
  /** The name of the key in the client's JWKS. The default is the `kid` of a JWK. */
  readonly kid?: string
  /** The issuer unless given; the token endpoint's URL makes the older form, without `typ`. */
  readonly audience?: string
}

interface KeyOptions extends CommonOptions {
  /** The key, or a list of the current and the next one. A CryptoKey cannot be in a list. */
  readonly key: PrivateKeySource | readonly PrivateKeySource[] | CryptoKey
  /** The default depends on the key: RS256, ES256, ES384, ES512 or EdDSA. */
  readonly alg?: string
  readonly sign?: never
  readonly publicKey?: never
}

interface ElsewhereOptions extends CommonOptions {
  /** Signs with a key outside this process. */
  readonly sign: Sign
  readonly alg: string
  /** The public key as PEM, a JWK or a KeyObject. Each signature is checked with it before it is sent. */
  readonly publicKey?: string | JsonWebKey | KeyObject
  readonly key?: never
}

/** The usual form is the last one, here and by name, because the compiler explains that one if none fits. */
export type PrivateKeyJwtOptions = ElsewhereOptions | KeyOptions

/** `private_key_jwt`: an assertion signed with the client's private key (RFC 7523 §2.2, OpenID Connect Core §9). */
export function privateKeyJwt(options: PrivateKeyJwtOptions): ClientAuthentication {
  const known = ['key', 'sign', 'publicKey', 'alg', 'kid', 'audience']
  const given = checkedFields('privateKeyJwt options', options, known)
  const { kid, audience } = given
  preparedAudience(audience, given.sign === undefined && !isCryptoKey(given.key))
  if (kid !== undefined) nonEmptyString('kid', kid, "Give the key's name in the client's JWKS, or leave it out.")
  return {
    ...bySigned(given, asymmetricAlgorithms),
    underFapi2() {
      if (audience !== undefined) breach('audience', 'is given', 'Leave it out: it is the issuer.')
      return bySigned(given, fapi2Algorithms)
    }
  }
}

function bySigned(given: PrivateKeyJwtOptions, algorithms: readonly string[]): ClientAuthentication {
  const { alg, audience } = given
  if (alg !== undefined) oneOf('alg', alg, algorithms)
  return ringAuthentication(credentialRing<ComparableSigner>(signerSources(given, algorithms), { isReusable: true }), {
    method: 'private_key_jwt',
    needsIssuer: audience === undefined,
    prove: (draft, signer) => signAssertion(draft, signer, audience)
  })
}

interface ComparableSigner extends Signer {
  equals(other: Signer): boolean
}

function signerSources(
  given: PrivateKeyJwtOptions,
  algorithms: readonly string[]
): readonly CredentialSource<ComparableSigner>[] {
  const { key, sign, publicKey, alg, kid } = given
  if (sign !== undefined) {
    exclusive('privateKeyJwt options', given, 'sign', ['key'])
    return [
      signerSource(sign, alg, kid, publicKey === undefined ? undefined : publicKeyOption('publicKey', publicKey, alg))
    ]
  }
  if (publicKey !== undefined) wrong('publicKey', 'is given without sign', 'Leave it out. It checks what sign returns.')
  if (isCryptoKey(key)) {
    const signer = cryptoKeyOption('key', key, { alg, algorithms, signed: 'assertion' })
    return [signerSource(signer.sign, signer.alg, kid)]
  }
  const keys = ringOf('key', key as PrivateKeySource | readonly PrivateKeySource[])
  if (keys.length > 1 && kid !== undefined) {
    const remedy = 'Give JWKs, each with its own kid.'
    wrong('kid', 'names one key, but key is a list', remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  return keys.map((one) => keySource(one, { alg, kid, algorithms }))
}

function signerSource(sign: unknown, alg: string | undefined, kid: string | undefined, publicKey?: KeyObject) {
  functionOption('sign', sign, 'Give (bytes) => signature, or a promise of it.')
  if (alg === undefined)
    wrong('alg', 'is missing beside sign', `Give one of ${asymmetricAlgorithms.join(', ')}.`, 'ERR_MISSING_OPTION')
  return fixed({ alg, kid, publicKey, key: sign as Sign, equals: (other: Signer) => other.key === sign })
}
