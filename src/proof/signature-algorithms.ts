import type { KeyObject } from 'node:crypto'
import type { Jwk } from './public-jwk.ts'

/** What a key must be to be of use with an algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
export interface SignatureAlgorithm {
  /** `kty` of a JWK. */
  readonly keyType: 'RSA' | 'EC' | 'OKP' | 'oct'
  /** `crv` of a JWK. */
  readonly curve?: string
  /** What node:crypto calls such a key: by its curve, or by its type when it has none. */
  readonly nodeName?: string
  /** What WebCrypto calls such a signature. */
  readonly webName?: string
  /** As node:crypto calls it; none for Ed25519, which hashes by itself. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512'
  readonly pss?: true
  /** The length of a signature. One by RSA is as long as its key. */
  readonly signatureBytes?: number
}

const rsa = { keyType: 'RSA', nodeName: 'rsa', webName: 'RSASSA-PKCS1-v1_5' } as const
const pss = { ...rsa, webName: 'RSA-PSS', pss: true } as const
const ec = { keyType: 'EC', webName: 'ECDSA' } as const
const ed25519 = {
  keyType: 'OKP',
  curve: 'Ed25519',
  nodeName: 'ed25519',
  webName: 'Ed25519',
  signatureBytes: 64
} as const

const asymmetric = {
  RS256: { ...rsa, hash: 'sha256' },
  RS384: { ...rsa, hash: 'sha384' },
  RS512: { ...rsa, hash: 'sha512' },
  PS256: { ...pss, hash: 'sha256' },
  PS384: { ...pss, hash: 'sha384' },
  PS512: { ...pss, hash: 'sha512' },
  ES256: { ...ec, curve: 'P-256', nodeName: 'prime256v1', hash: 'sha256', signatureBytes: 64 },
  ES384: { ...ec, curve: 'P-384', nodeName: 'secp384r1', hash: 'sha384', signatureBytes: 96 },
  ES512: { ...ec, curve: 'P-521', nodeName: 'secp521r1', hash: 'sha512', signatureBytes: 132 },
  EdDSA: ed25519,
  Ed25519: ed25519
} as const satisfies Readonly<Record<string, SignatureAlgorithm>>

const symmetric = {
  HS256: { keyType: 'oct', hash: 'sha256', signatureBytes: 32 },
  HS384: { keyType: 'oct', hash: 'sha384', signatureBytes: 48 },
  HS512: { keyType: 'oct', hash: 'sha512', signatureBytes: 64 }
} as const satisfies Readonly<Record<string, SignatureAlgorithm>>

export type AsymmetricAlgorithm = keyof typeof asymmetric
export type SymmetricAlgorithm = keyof typeof symmetric

const all: Readonly<Record<string, SignatureAlgorithm>> = { ...asymmetric, ...symmetric }

/** Signatures of private keys that are fit for use (RFC 8725 §3.2). */
export const asymmetricAlgorithms = Object.keys(asymmetric) as readonly AsymmetricAlgorithm[]

/** Signatures of shared secrets. */
export const symmetricAlgorithms = Object.keys(symmetric) as readonly SymmetricAlgorithm[]

/** Bytes that a secret which both sides have is long at least (RFC 7518 §3.2): as many as its hash. */
export function leastSecretBytes(algorithm: SymmetricAlgorithm): number {
  return symmetric[algorithm].signatureBytes
}

export function isSymmetric(name: string): name is SymmetricAlgorithm {
  return Object.hasOwn(symmetric, name)
}

/** The algorithm that is called like this; undefined for a name that an object inherits. */
export function signatureAlgorithm(name: string): SignatureAlgorithm | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}

/** Whether a JWK is one for this algorithm. A key that names its algorithm serves no other one (RFC 8725 §3.1). */
export function isFor(jwk: Jwk, alg: string): boolean {
  const algorithm = signatureAlgorithm(alg)
  if (algorithm === undefined || algorithm.keyType !== jwk.kty) return false
  if (algorithm.curve !== undefined && algorithm.curve !== jwk.crv) return false
  return jwk.alg === undefined || jwk.alg === alg || (algorithm === ed25519 && isEdwards(jwk.alg))
}

/** EdDSA is the older name of Ed25519. */
function isEdwards(alg: unknown): boolean {
  return alg === 'EdDSA' || alg === 'Ed25519'
}

/** What a key can sign or verify with, the usual algorithm first. Empty for a kind of key that is not used. */
export function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): AsymmetricAlgorithm[] {
  const { namedCurve, hashAlgorithm } = asymmetricKeyDetails
  const isPss = asymmetricKeyType === 'rsa-pss'
  const nodeName = isPss ? rsa.nodeName : (namedCurve ?? asymmetricKeyType)
  return asymmetricAlgorithms.filter((name) => {
    const algorithm: SignatureAlgorithm = asymmetric[name]
    if (algorithm.nodeName !== nodeName) return false
    return !isPss || (algorithm.pss === true && (hashAlgorithm ?? algorithm.hash) === algorithm.hash)
  })
}

/** RSA keys of less than 2048 bits are none (RFC 7518 §3.3). */
export function isStrong({ asymmetricKeyDetails }: KeyObject): boolean {
  return (asymmetricKeyDetails?.modulusLength ?? 2048) >= 2048
}
