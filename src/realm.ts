import type { webcrypto } from 'node:crypto'

/** Whether it is a URL. `instanceof` does not know that of another realm: jsdom, which test runners put around a test, has its own. */
export function isUrl(given: unknown): given is URL {
  return tagOf(given) === '[object URL]'
}

/** Whether it is a `Uint8Array` or a Buffer, of whatever realm. */
export function isBytes(given: unknown): given is Uint8Array {
  return ArrayBuffer.isView(given) && tagOf(given) === '[object Uint8Array]'
}

/** As `crypto.subtle.sign` returns it, of whatever realm. */
export function isArrayBuffer(given: unknown): given is ArrayBuffer {
  return tagOf(given) === '[object ArrayBuffer]'
}

/** A key of WebCrypto. jest's environments have a class of their own. */
export function isCryptoKey(given: unknown): given is webcrypto.CryptoKey {
  return tagOf(given) === '[object CryptoKey]'
}

function tagOf(given: unknown): string {
  return Object.prototype.toString.call(given)
}
