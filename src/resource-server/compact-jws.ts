import { decodeBase64url, isCanonical } from './base64url.ts'
import { type RefusalReason, RefusedToken } from './token-refused-error.ts'
import { parseUniqueJson } from './unique-json.ts'

/** What of the protected header is looked at. Keys or addresses of keys inside it are not (RFC 8725 §3.10). */
export interface JwsHeader {
  readonly alg: string
  readonly typ: string | undefined
  readonly kid: string | undefined
}

/** A signed JWT in its three parts (RFC 7515 §7.1), not believed yet. */
export interface CompactJws {
  /** As it is encoded. */
  readonly header: string
  readonly payload: string
  readonly signature: Uint8Array
  /** What was signed. */
  readonly signingInput: string
}

export type JsonObject = Readonly<Record<string, unknown>>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Letters of a Bearer token that base64url has not. */
const otherLetters = ['+', '/', '~', '=']

/** Whether a token of a Bearer header looks like a signed JWT at all; anything else is opaque. */
export function isCompactJws(token: string): boolean {
  return dotsOf(token) !== undefined
}

/** Of a token of a Bearer header: its letters have been checked. @throws RefusedToken `malformed` */
export function parseCompactJws(token: string): CompactJws {
  const dots = dotsOf(token)
  if (dots === undefined) throw new RefusedToken('malformed')
  const [first, second] = dots
  const header = token.slice(0, first)
  const payload = token.slice(first + 1, second)
  const signature = token.slice(second + 1)
  if (!isCanonical(header) || !isCanonical(payload) || !isCanonical(signature)) throw new RefusedToken('malformed')
  return { header, payload, signature: decodeBase64url(signature), signingInput: token.slice(0, second) }
}

/** Where the two dots between three parts of base64url are. */
function dotsOf(token: string): readonly [number, number] | undefined {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first <= 0 || second <= first + 1 || second === token.length - 1 || token.includes('.', second + 1))
    return undefined
  return otherLetters.some((letter) => token.includes(letter)) ? undefined : [first, second]
}

/** @throws RefusedToken */
export function parseHeader(header: string): JwsHeader {
  const { alg, typ, kid, crit } = parseJsonObject(decodeBase64url(header), 'malformed_header_json')
  // No extension is understood, so a critical one cannot be honoured (RFC 7515 §4.1.11); `b64` is one.
  if (crit !== undefined) throw new RefusedToken('critical_header')
  if (typeof alg !== 'string' || !isTextOrAbsent(typ) || !isTextOrAbsent(kid))
    throw new RefusedToken('malformed_header_json')
  return { alg, typ, kid }
}

/** UTF-8, JSON, an object, and no member twice. */
export function parseJsonObject(bytes: Uint8Array, otherwise: RefusalReason): JsonObject {
  try {
    const value = parseUniqueJson(utf8.decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch {
    // Refused below, without a word of what was in it.
  }
  throw new RefusedToken(otherwise)
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

/** Of a header's `typ`. Media types compare without case, and `application/` may be left out (RFC 7515 §4.1.9). */
export function mediaTypeOf(typ: string | undefined): string {
  return (typ ?? '').toLowerCase().replace(/^application\//, '')
}
