import { createHmac, createPublicKey, type JsonWebKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { JWK } from 'jose'
import { isStrong, signatureAlgorithm } from '../../proof/signature-algorithms.ts'
import { isSignedBy } from '../../proof/signature-check.ts'
import type { VerificationKey } from './verification-keys.ts'

/** A public key that node:crypto has parsed. */
export function publicKeyOf(key: KeyObject, fits: (alg: string) => boolean): VerificationKey {
  return { fits, signed: (alg, input, signature) => isSignedBy(key, alg, input, signature) }
}

/** A key of a JWK Set. It is parsed at its first use, because most keys of a set are never used. */
export function publishedKey(jwk: JWK, fits: (alg: string) => boolean): VerificationKey {
  let key: KeyObject | undefined
  let isUnfit = false

  function read(): KeyObject | undefined {
    try {
      const found = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
      if (isStrong(found)) return found
    } catch {
      // A key that cannot be parsed cannot have made the signature.
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

/** A shared secret. */
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
