import { X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'
import { isRecord } from '../../record.ts'
import { Secret } from '../../token/secret.ts'
import { thumbprint } from '../http/presented-certificate.ts'
import { isText } from './problems.ts'

/** The credentials of a client: at least one of these. */
export interface ClientCredentials {
  /** Several while the secret is being rotated. Each of them is accepted. */
  readonly clientSecret?: RegisteredSecret | readonly RegisteredSecret[]
  /** The public keys for `private_key_jwt`; several while a key is being rotated. */
  readonly jwks?: { readonly keys: readonly JWK[] }
  /** Another issuer whose assertions authenticate the client, such as a Kubernetes cluster. */
  readonly federation?: Federation
  /** The certificates in PEM, for `self_signed_tls_client_auth`. */
  readonly certificates?: readonly string[]
  /** The subject of the certificates, such as `CN=orders`, for `tls_client_auth`. */
  readonly certificateSubject?: string
}

/** A secret as text, the environment variable that holds it, or a secret that is valid until a time (RFC 3339), such as `2030-01-01T00:00:00Z`. */
export type RegisteredSecret = string | { readonly env: string } | { readonly value: string; readonly until: string }

export interface Federation {
  /** The `iss` of the assertions. */
  readonly issuer: string
  /** The `sub` of the client in the assertions. */
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

/** The credentials in the form that the server uses. */
export interface KeptCredentials {
  readonly secrets: readonly KeptSecret[]
  readonly keys: readonly JWK[]
  readonly federation: Federation | undefined
  readonly thumbprints: readonly string[]
  readonly certificateSubject: string | undefined
}

export interface KeptSecret {
  readonly secret: Secret
  /** When it expires, in epoch ms. */
  readonly until: number
}

/** The secrets of a client that are valid at `now`, in epoch ms. */
export function secretsAt({ secrets }: KeptCredentials, now: number): readonly Secret[] {
  return secrets.filter(({ until }) => now < until).map(({ secret }) => secret)
}

/** @throws Error whose message continues a sentence that begins with the client's name. It contains no secret. */
export function keptCredentials(given: ClientCredentials): KeptCredentials {
  const { clientSecret = [], jwks, federation, certificates = [], certificateSubject } = given
  if (certificateSubject !== undefined && !isText(certificateSubject))
    throw new Error('needs a certificateSubject that is a string, such as CN=orders.')
  const credentials = {
    secrets: [clientSecret].flat().map(keptSecret),
    keys: jwks === undefined ? [] : publicKeys('jwks', jwks),
    federation: federation === undefined ? undefined : keptFederation(federation),
    thumbprints: thumbprints(certificates),
    certificateSubject
  }
  const count = credentials.secrets.length + credentials.keys.length + credentials.thumbprints.length
  if (count === 0 && federation === undefined && certificateSubject === undefined)
    throw new Error('needs a clientSecret or another credential.')
  return credentials
}

function keptSecret(given: unknown): KeptSecret {
  if (isText(given)) return { secret: new Secret(given), until: Number.POSITIVE_INFINITY }
  if (isRecord(given) && isText(given.env)) {
    const value = process.env[given.env]
    if (!value) throw new Error(`takes its clientSecret from the environment variable ${given.env}, which is not set.`)
    return { secret: new Secret(value), until: Number.POSITIVE_INFINITY }
  }
  if (isRecord(given) && isText(given.value)) {
    const until = momentOf(given.until)
    if (Number.isNaN(until))
      throw new Error(
        'has a clientSecret whose "until" is not a date with a time zone. Write it like 2030-01-01T00:00:00Z.'
      )
    return { secret: new Secret(given.value), until }
  }
  throw new Error('needs a clientSecret that is not empty: a string, { "env": … } or { "value": …, "until": … }.')
}

/** A time without a zone would be another moment on another machine. A day alone begins in UTC. */
function momentOf(given: unknown): number {
  const text = String(given)
  return /^\d{4}-\d\d-\d\d(T.+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN
}

function publicKeys(what: string, jwks: unknown): readonly JWK[] {
  const keys: unknown = isRecord(jwks) ? jwks.keys : undefined
  if (!Array.isArray(keys) || !keys.every(isRecord)) throw new Error(`needs ${what} in the form { "keys": [ … ] }.`)
  if (keys.some((key) => key.kty === 'oct' || 'd' in key))
    throw new Error(`has a private key in its ${what}. Register the public key instead.`)
  return keys as JWK[]
}

function keptFederation(given: Federation): Federation {
  if (!isRecord(given) || !isText(given.issuer) || !isText(given.subject))
    throw new Error('needs a federation with issuer, subject and jwks.')
  publicKeys('federation.jwks', given.jwks)
  return given
}

function thumbprints(certificates: unknown): readonly string[] {
  if (!Array.isArray(certificates)) throw new Error('needs certificates as an array of PEM texts.')
  try {
    return certificates.map((pem) => thumbprint(new X509Certificate(pem)))
  } catch {
    throw new Error('has a certificate that is not an X.509 certificate in PEM.')
  }
}
