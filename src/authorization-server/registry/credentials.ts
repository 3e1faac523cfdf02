import { X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'
import { Secret } from '../../token/secret.ts'
import { thumbprint } from '../http/presented-certificate.ts'

/** What a client may prove itself with: at least one of these. */
export interface ClientCredentials {
  /** Several while a secret is changed for another one: each of them counts. */
  readonly clientSecret?: string | readonly string[]
  /** Its public keys, for `private_key_jwt`; several while a key is changed. */
  readonly jwks?: { readonly keys: readonly JWK[] }
  /** Somebody else who vouches for it with assertions of its own: a cluster, a workload identity. */
  readonly federation?: Federation
  /** Its certificates in PEM, for `self_signed_tls_client_auth`. */
  readonly certificates?: readonly string[]
  /** The subject of its certificates, such as `CN=orders`, for `tls_client_auth`. */
  readonly certificateSubject?: string
}

export interface Federation {
  /** The `iss` of the assertions. */
  readonly issuer: string
  /** The `sub` by which it knows the client. */
  readonly subject: string
  readonly jwks: { readonly keys: readonly JWK[] }
}

export const credentialNames: readonly string[] = [
  'clientSecret',
  'jwks',
  'federation',
  'certificates',
  'certificateSubject'
] satisfies (keyof ClientCredentials)[]

/** The same as the server keeps it. */
export interface KeptCredentials {
  readonly secrets: readonly Secret[]
  readonly keys: readonly JWK[]
  readonly federation: Federation | undefined
  readonly thumbprints: readonly string[]
  readonly certificateSubject: string | undefined
}

/** Throws an Error whose message is the rest of a sentence about the client, and shows no secret. */
export function keptCredentials(given: ClientCredentials): KeptCredentials {
  const { clientSecret = [], jwks = { keys: [] }, federation, certificates = [], certificateSubject } = given
  const secrets = [clientSecret].flat()
  const count = secrets.length + jwks.keys.length + certificates.length
  if (count === 0 && federation === undefined && certificateSubject === undefined)
    throw new Error('needs a clientSecret, or another credential.')
  if (!secrets.every((secret) => typeof secret === 'string' && secret !== ''))
    throw new Error('needs a clientSecret that is not empty.')
  checkPublic([...jwks.keys, ...(federation?.jwks.keys ?? [])])
  return {
    secrets: secrets.map((secret) => new Secret(secret)),
    keys: jwks.keys,
    federation,
    thumbprints: certificates.map((pem) => thumbprint(new X509Certificate(pem))),
    certificateSubject
  }
}

function checkPublic(keys: readonly JWK[]): void {
  if (keys.some((key) => key.kty === 'oct' || 'd' in key))
    throw new Error('has a private key in its jwks. Register the public one.')
}
