import type { KeyObject } from 'node:crypto'
import type { Jwk } from './public-jwk.ts'

/** What an algorithm requires of a key, and how it signs (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
export interface SignatureAlgorithm {
  /** `kty` of a JWK. */
  readonly keyType: 'RSA' | 'EC' | 'OKP' | 'oct'
  /** `crv` of a JWK. */
  readonly curve?: string
  /** The name of such a key in node:crypto: its curve, or its type if it has no curve. */
  readonly nodeName?: string
  /** The name of the algorithm in WebCrypto. */
  readonly webName?: string
  /** The name of the hash in node:crypto. Ed25519 needs none because it includes the hash. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512'
  readonly pss?: true
  /** The length of a signature. It is missing for RSA, where a signature is as long as the key. */
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

/** The algorithms with a private and a public key that are considered secure (RFC 8725 §3.2). */
export const asymmetricAlgorithms = Object.keys(asymmetric) as readonly AsymmetricAlgorithm[]

/** The algorithms with a shared secret. */
export const symmetricAlgorithms = Object.keys(symmetric) as readonly SymmetricAlgorithm[]

/** The minimum length of a shared secret in bytes. It must be as long as the hash (RFC 7518 §3.2). */
export function leastSecretBytes(algorithm: SymmetricAlgorithm): number {
  return symmetric[algorithm].signatureBytes
}

export function isSymmetric(name: string): name is SymmetricAlgorithm {
  return Object.hasOwn(symmetric, name)
}

/** The algorithm with this name. The result is undefined for an unknown name, including inherited ones such as `constructor`. */
export function signatureAlgorithm(name: string): SignatureAlgorithm | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}

/** Whether a JWK can be used with this algorithm. A key that names its algorithm can be used with no other one (RFC 8725 §3.1). */
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

/** The algorithms that a key can be used with. The most common one comes first. The list is empty if the key's type is not supported. */
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

/** Whether a key is long enough. RSA keys must have at least 2048 bits (RFC 7518 §3.3). */
export function isStrong({ asymmetricKeyDetails }: KeyObject): boolean {
  return (asymmetricKeyDetails?.modulusLength ?? 2048) >= 2048
}
