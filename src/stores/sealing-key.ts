import { builtin } from '../builtin.ts'
import type { Secret } from '../token/secret.ts'

/** One key of the key ring. It names records, encrypts them (seals) and decrypts them (opens). */
export interface SealingKey {
  /** The name of a record. It is an HMAC, so nothing about the request can be read from it. */
  nameOf(identity: string): string
  /** Encrypts a text together with its `context`, so it can be decrypted with the same context only. */
  seal(context: string, text: string): string
  /** Decrypts a text. The result is undefined if this key did not encrypt it with that context. */
  open(context: string, sealed: string): string | undefined
}

const format = '1'
const ivBytes = 12
const tagBytes = 16
const cipher = 'aes-256-gcm'

/** Derives three separate keys from the secret by HKDF (RFC 5869). The secret must be at least 32 bytes in base64. */
export function sealingKeyOf(secret: Secret): SealingKey {
  const { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } = builtin.crypto
  const material = Buffer.from(secret.reveal(), 'base64')
  const derived = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', material, '', `service-token-client store ${purpose}`, 32))
  const nameKey = derived('name')
  const key = derived('seal')
  const id = derived('id').subarray(0, 6).toString('base64url')
  const boundTo = (context: string) => Buffer.from(`${format}.${id}.${context}`)

  return {
    nameOf: (identity) => createHmac('sha256', nameKey).update(identity).digest('base64url'),
    seal(context, text) {
      const iv = randomBytes(ivBytes)
      const sealing = createCipheriv(cipher, key, iv).setAAD(boundTo(context))
      const body = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()])
      return `${format}.${id}.${Buffer.concat([iv, sealing.getAuthTag(), body]).toString('base64url')}`
    },
    open(context, sealed) {
      const [version, keyId, encoded = '', ...rest] = sealed.split('.')
      const bytes = Buffer.from(encoded, 'base64url')
      // A decoder accepts several spellings of the same bytes, but only the one that we write is valid.
      const isOurs = version === format && keyId === id && rest.length === 0 && bytes.toString('base64url') === encoded
      if (!isOurs || bytes.length < ivBytes + tagBytes) return undefined
      try {
        const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        opening.setAAD(boundTo(context)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        return Buffer.concat([opening.update(bytes.subarray(ivBytes + tagBytes)), opening.final()]).toString('utf8')
      } catch {
        return undefined
      }
    }
  }
}
