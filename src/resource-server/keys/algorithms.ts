/** What a key must be to be of use with an algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
export interface SignatureAlgorithm {
  readonly keyType: 'RSA' | 'EC' | 'OKP' | 'oct'
  readonly curve?: string
  /** As node:crypto calls it; none for Ed25519, which hashes by itself. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512'
  readonly pss?: true
}

const sizes = [256, 384, 512] as const
const ed25519: SignatureAlgorithm = { keyType: 'OKP', curve: 'Ed25519' }

const asymmetric: Readonly<Record<string, SignatureAlgorithm>> = {
  ...Object.fromEntries(sizes.map((size) => [`RS${size}`, { keyType: 'RSA', hash: `sha${size}` } as const])),
  ...Object.fromEntries(sizes.map((size) => [`PS${size}`, { keyType: 'RSA', hash: `sha${size}`, pss: true } as const])),
  ES256: { keyType: 'EC', curve: 'P-256', hash: 'sha256' },
  ES384: { keyType: 'EC', curve: 'P-384', hash: 'sha384' },
  ES512: { keyType: 'EC', curve: 'P-521', hash: 'sha512' },
  EdDSA: ed25519,
  Ed25519: ed25519
}

/** Signatures of public keys that are fit for use (RFC 8725 §3.2), and of shared secrets. */
export const signatureAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  ...asymmetric,
  ...Object.fromEntries(sizes.map((size) => [`HS${size}`, { keyType: 'oct', hash: `sha${size}` } as const]))
}

export const asymmetricAlgorithms: readonly string[] = Object.keys(asymmetric)

/** The algorithm that is called like this; undefined for a name that an object inherits. */
export function signatureAlgorithm(name: string): SignatureAlgorithm | undefined {
  return Object.hasOwn(signatureAlgorithms, name) ? signatureAlgorithms[name] : undefined
}

/** Whether a JWK is one for this algorithm. A key that names its algorithm serves no other one (RFC 8725 §3.1); EdDSA is the older name of Ed25519. */
export function isFor(jwk: Readonly<Record<string, unknown>>, alg: string): boolean {
  const algorithm = signatureAlgorithm(alg)
  const sameName = jwk.alg === undefined || jwk.alg === alg || (algorithm?.curve === 'Ed25519' && isEdwards(jwk.alg))
  return algorithm?.keyType === jwk.kty && (algorithm?.curve === undefined || algorithm.curve === jwk.crv) && sameName
}

function isEdwards(alg: unknown): boolean {
  return alg === 'EdDSA' || alg === 'Ed25519'
}
