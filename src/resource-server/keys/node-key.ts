import {
  constants,
  createHmac,
  createPublicKey,
  createVerify,
  type JsonWebKey,
  type KeyObject,
  timingSafeEqual,
  verify
} from 'node:crypto'
import type { JWK } from 'jose'
import { signatureAlgorithm } from './algorithms.ts'
import type { VerificationKey } from './verification-keys.ts'

const pssPadding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
const dsaEncoding = 'ieee-p1363'

/** A public key that node:crypto has read. */
export function publicKeyOf(key: KeyObject, fits: (alg: string) => boolean): VerificationKey {
  return { fits, signed: (alg, input, signature) => isSignedBy(key, alg, input, signature) }
}

/** A key of a JWK Set, read when it is first needed: most of a set never are. */
export function publishedKey(jwk: JWK, fits: (alg: string) => boolean): VerificationKey {
  let key: KeyObject | undefined
  let isUnfit = false

  function read(): KeyObject | undefined {
    try {
      const found = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
      if (isStrong(found)) return found
    } catch {
      // It made no signature.
    }
    isUnfit = true
    return undefined
  }

  return {
    fits,
    signed(alg, input, signature) {
      if (!isUnfit) key ??= read()
      return key !== undefined && isSignedBy(key, alg, input, signature)
    }
  }
}

/** The secret that both sides have. */
export function secretKey(secret: KeyObject, fits: (alg: string) => boolean): VerificationKey {
  return {
    fits,
    signed(alg, input, signature) {
      const hash = signatureAlgorithm(alg)?.hash ?? 'sha256'
      const expected = createHmac(hash, secret).update(input).digest()
      return expected.length === signature.length && timingSafeEqual(expected, signature)
    }
  }
}

/** RSA keys of less than 2048 bits are none (RFC 7518 §3.3). */
export function isStrong({ asymmetricKeyDetails }: KeyObject): boolean {
  return (asymmetricKeyDetails?.modulusLength ?? 2048) >= 2048
}

/** A key that cannot be used with the algorithm signed nothing. */
export function isSignedBy(key: KeyObject, alg: string, input: string, signature: Uint8Array): boolean {
  const algorithm = signatureAlgorithm(alg)
  if (algorithm === undefined) return false
  const { hash, pss } = algorithm
  try {
    if (hash === undefined) return verify(null, Buffer.from(input, 'latin1'), key, signature)
    return createVerify(hash)
      .update(input, 'latin1')
      .verify(pss ? { key, ...pssPadding } : { key, dsaEncoding }, signature)
  } catch {
    return false
  }
}
