import type { JsonWebKey, KeyObject } from 'node:crypto'
import { builtin } from '../builtin.ts'
import { ownMembers } from '../own-members.ts'
import { algorithmsOf, asymmetricAlgorithms, isStrong } from '../proof/signature-algorithms.ts'
import type { Signer } from './client-assertion.ts'
import { CredentialFault } from './credential-source.ts'

/** A private key: PEM (PKCS #8, PKCS #1 or SEC 1), a JWK, or a KeyObject. */
export type PrivateKeyMaterial = string | JsonWebKey | KeyObject

/** A key that signs assertions. */
export interface SigningKey extends Signer {
  readonly key: KeyObject
  equals(other: SigningKey): boolean
}

export interface SigningKeyOptions {
  readonly alg?: string | undefined
  readonly kid?: string | undefined
  /** The algorithms that it may use. The default is all of them. */
  readonly algorithms?: readonly string[] | undefined
  /** A PEM certificate, if the server identifies the key by it. */
  readonly certificate?: string | undefined
}

/** Throws a CredentialFault if the key cannot sign in this way. */
export function signingKey(
  material: PrivateKeyMaterial,
  { alg, kid, algorithms, certificate }: SigningKeyOptions
): SigningKey {
  const key = privateKey(material)
  const jwk: JsonWebKey = isJwk(material) ? ownMembers(material) : ownMembers({})
  return {
    key,
    alg: algorithmFor(key, alg ?? jwk.alg, algorithms),
    kid: kid ?? (typeof jwk.kid === 'string' ? jwk.kid : undefined),
    certificateThumbprint: certificate === undefined ? undefined : thumbprintOf(certificate, key),
    equals: (other) => key.equals(other.key)
  }
}

/** The SHA-256 of the first certificate of a chain in PEM, which must be the key's (RFC 8705 §3.1). */
export function thumbprintOf(certificate: string, key: KeyObject): string {
  const first = parsed(() => new builtin.crypto.X509Certificate(certificate), 'holds no certificate')
  if (!first.checkPrivateKey(key)) throw new CredentialFault('holds a certificate of another key')
  return Buffer.from(first.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
}

export function privateKey(material: PrivateKeyMaterial): KeyObject {
  if (typeof material === 'string' && /ENCRYPTED/.test(material)) {
    throw new CredentialFault('holds an encrypted key. Decrypt it, or give createPrivateKey({ key, passphrase })')
  }
  const key =
    material instanceof builtin.crypto.KeyObject ? material : parsed(() => parsedKey(material), 'holds no private key')
  if (key.type === 'private') return key
  throw new CredentialFault(`holds a ${key.type} key, not a private key`)
}

function parsedKey(material: string | JsonWebKey): KeyObject {
  return builtin.crypto.createPrivateKey(typeof material === 'string' ? material : { key: material, format: 'jwk' })
}

function isJwk(material: PrivateKeyMaterial): material is JsonWebKey {
  return typeof material === 'object' && !(material instanceof builtin.crypto.KeyObject)
}

function algorithmFor(key: KeyObject, wanted: unknown, allowed: readonly string[] = asymmetricAlgorithms): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails } = key
  const known = type === 'rsa-pss' ? [] : algorithmsOf(key) // jose signs with no key of that type
  const [usual, ...others] = known.filter((name) => allowed.includes(name))
  if (usual === undefined) {
    const kind = asymmetricKeyDetails?.namedCurve ?? type ?? 'unknown'
    const fault = known.length === 0 ? 'cannot sign a JWT' : `cannot sign with ${allowed.join(', ')}`
    throw new CredentialFault(`holds a key of type ${kind}, which ${fault}`)
  }
  if (!isStrong(key)) throw new CredentialFault('holds an RSA key of fewer than 2048 bits')
  const alg = wanted ?? usual // RFC 8725 §3.1: never what somebody else says
  if (alg === usual || others.some((other) => other === alg)) return String(alg)
  throw new CredentialFault(`holds a key that signs with ${[usual, ...others].join(', ')}, not with the given alg`)
}

/** Errors of the platform's parsers can contain their input. */
export function parsed<Value>(parse: () => Value, fault: string): Value {
  try {
    return parse()
  } catch {
    throw new CredentialFault(fault)
  }
}
