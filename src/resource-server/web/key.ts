import { base64url, flattenedVerify, importJWK, type JWK } from 'jose'
import type { VerificationKey } from '../keys/verification-keys.ts'

/** A key of a JWK Set, for WebCrypto. jose itself refuses RSA keys of less than 2048 bits. */
export function webKey(jwk: JWK, fits: (alg: string) => boolean): VerificationKey {
  return {
    fits,
    async signed(alg, input, signature) {
      const [header = '', payload = ''] = input.split('.')
      const jws = { protected: header, payload, signature: base64url.encode(signature) }
      try {
        await flattenedVerify(jws, await importJWK(jwk, alg), { algorithms: [alg] })
        return true
      } catch {
        return false
      }
    }
  }
}
