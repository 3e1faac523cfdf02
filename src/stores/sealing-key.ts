import { builtin } from '../builtin.ts'
import type { Secret } from '../token/secret.ts'

/** One key of the ring: it names records, seals them, and opens what was sealed with it. */
export interface SealingKey {
  /** The name of a record. It is an HMAC, so nothing about the request can be read from it. */
  nameOf(identity: string): string
  /** `context` is bound to the sealed text: it opens with the same context only. */
  seal(context: string, text: string): string
  /** Undefined for anything that this key did not seal with that context. */
  open(context: string, sealed: string): string | undefined
}

const format = '1'
const ivBytes = 12
const tagBytes = 16
const cipher = 'aes-256-gcm'

/** Derives the three keys apart by HKDF (RFC 5869). The secret is base64 of at least 32 bytes. */
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
      // A decoder takes several spellings for the same bytes; only the one that we wrote is ours.
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
