import { base64url, flattenedVerify, importJWK, type JWK } from 'jose'
import type { VerificationKey } from '../keys/verification-keys.ts'

/** Reads a key of a JWK Set for WebCrypto. RSA keys with less than 2048 bits are refused by jose itself. */
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
