const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Decodes base64url without padding. The caller must have checked the characters. It does not use Buffer, which edge runtimes do not have. */
export function decodeBase64url(text: string): Uint8Array {
  if (typeof Buffer !== 'undefined') return Buffer.from(text, 'base64url')
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}

/** Whether this is the only text that decodes to these bytes. The unused bits of the last character must be zero (RFC 4648 §3.5). */
export function isCanonical(text: string): boolean {
  const surplus = [0, undefined, 0b1111, 0b11][text.length % 4]
  return surplus !== undefined && (alphabet.indexOf(text.at(-1) ?? '') & surplus) === 0
}
