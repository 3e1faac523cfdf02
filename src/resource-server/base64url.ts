const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The bytes of text that is base64url without padding; the caller has checked its letters. Edge runtimes have no Buffer. */
export function decodeBase64url(text: string): Uint8Array {
  if (typeof Buffer !== 'undefined') return Buffer.from(text, 'base64url')
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}

/** Whether no other text decodes to the same bytes: bits that the last letter has too many must be zero (RFC 4648 §3.5). */
export function isCanonical(text: string): boolean {
  const surplus = [0, undefined, 0b1111, 0b11][text.length % 4]
  return surplus !== undefined && (alphabet.indexOf(text.at(-1) ?? '') & surplus) === 0
}
