import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { CredentialSource } from '../client-authentication/credential-source.ts'
import {
  type DpopKey,
  type DpopKeySource,
  generatedKey,
  keyElsewhere,
  ownKey,
  proofAlgorithms
} from '../client-authentication/dpop-key.ts'
import type { Sign } from '../client-authentication/remote-signer.ts'
import { checkedFields, exclusive, functionOption, kindOf, oneOf, trueOrFalse, wrong } from '../wrong-option.ts'

interface DpopKeyOptions {
  /** For example ES256, EdDSA or PS256. The default is ES256, or the algorithm of the key. */
  readonly alg?: string
  /** Your own key. Without it the client creates a key when it first needs one, and nobody can read that key. */
  readonly key?: DpopKeySource
  readonly sign?: never
  readonly publicKey?: never
}

interface DpopSignerOptions {
  readonly alg: string
  /** Signs with a key that is outside this process. Each request waits for its signature. */
  readonly sign: Sign
  /** The public key as PEM, a JWK or a KeyObject. Tokens are bound to it. */
  readonly publicKey: string | JsonWebKey | KeyObject
  readonly key?: never
}

/** Binds tokens to a key, so that a stolen token is worthless (RFC 9449). */
export interface DpopOptions {
  /**
   * Asks for tokens that are bound to a key, and proves with each request that the client has that key. With `true` the client creates
   * a key of its own.
   */
  readonly dpop?: true | DpopKeyOptions | DpopSignerOptions
  /** Accepts a Bearer token if the authorization server issues no DPoP token. Without this option a Bearer token is an error. */
  readonly allowBearer?: boolean
}

export const dpopOptionNames = ['dpop', 'allowBearer'] as const

export interface CheckedDpop {
  readonly source: CredentialSource<DpopKey>
  readonly allowBearer: boolean
}

/** Throws ClientConfigurationError. */
export function dpopOption({ dpop, allowBearer }: DpopOptions, algorithms = proofAlgorithms): CheckedDpop | undefined {
  if (allowBearer !== undefined) trueOrFalse('allowBearer', allowBearer)
  if (dpop !== undefined) return { source: keyOption(dpop, algorithms), allowBearer: allowBearer ?? false }
  if (allowBearer !== undefined)
    wrong('allowBearer', 'is given without dpop', 'Give dpop: true beside it, or leave it out.', 'ERR_MISSING_OPTION')
  return undefined
}

function keyOption(
  given: Exclude<DpopOptions['dpop'], undefined>,
  algorithms: readonly string[]
): CredentialSource<DpopKey> {
  if (given === true) return generatedKey('ES256')
  if (typeof given !== 'object' || given === null)
    wrong('dpop', `must be true or an object, but is ${kindOf(given)}`, 'Give true, { alg }, { key } or leave it out.')
  const { alg, key, sign, publicKey } = checkedFields('dpop', given, ['alg', 'key', 'sign', 'publicKey'])
  if (alg !== undefined) oneOf('dpop.alg', alg, algorithms)
  if (sign !== undefined) {
    exclusive('dpop', given, 'sign', ['key'])
    return signerOption(sign, alg, publicKey)
  }
  if (publicKey !== undefined) wrong('dpop.publicKey', 'is given without sign', 'Leave it out: the key has it already.')
  return key === undefined ? generatedKey(alg ?? 'ES256') : ownKey(key, alg, algorithms)
}

function signerOption(
  sign: unknown,
  alg: string | undefined,
  publicKey: DpopSignerOptions['publicKey'] | undefined
): CredentialSource<DpopKey> {
  functionOption('dpop.sign', sign, 'Give (bytes) => signature, or a promise of it.')
  const missing = alg === undefined ? 'alg' : 'publicKey'
  if (alg === undefined || publicKey === undefined)
    wrong(`dpop.${missing}`, 'is missing beside sign', 'Give alg and publicKey of the key.', 'ERR_MISSING_OPTION')
  return keyElsewhere(sign as Sign, alg, publicKey)
}
