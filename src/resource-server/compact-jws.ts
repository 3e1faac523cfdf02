import { isRecord } from '../record.ts'
import { decodeBase64url, isCanonical } from './base64url.ts'
import { type RefusalReason, RefusedToken } from './token-refused-error.ts'
import { parseUniqueJson } from './unique-json.ts'

/** The members of the protected header that are used. Keys and URLs of keys in it are ignored (RFC 8725 §3.10). */
export interface JwsHeader {
  readonly alg: string
  readonly typ: string | undefined
  readonly kid: string | undefined
}

/** The three parts of a signed JWT (RFC 7515 §7.1), which is not verified yet. */
export interface CompactJws {
  /** The encoded header. */
  readonly header: string
  readonly payload: string
  readonly signature: Uint8Array
  /** The text that was signed. */
  readonly signingInput: string
}

export type JsonObject = Readonly<Record<string, unknown>>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** The characters that a Bearer token may contain but base64url may not. */
const otherLetters = ['+', '/', '~', '=']

/** Whether a token looks like a signed JWT. Every other token is opaque. */
export function isCompactJws(token: string): boolean {
  return dotsOf(token) !== undefined
}

/** Splits a token. The caller must have checked that its characters are those of a Bearer token. @throws RefusedToken `malformed` */
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

/** Returns the positions of the two dots between three parts of base64url. */
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
  // We support no extension, so a token with a critical one must be refused (RFC 7515 §4.1.11). `b64` is an extension too.
  if (crit !== undefined) throw new RefusedToken('critical_header')
  if (typeof alg !== 'string' || !isTextOrAbsent(typ) || !isTextOrAbsent(kid))
    throw new RefusedToken('malformed_header_json')
  return { alg, typ, kid }
}

/** Parses UTF-8 bytes as a JSON object without duplicate members. */
export function parseJsonObject(bytes: Uint8Array, otherwise: RefusalReason): JsonObject {
  try {
    const value = parseUniqueJson(utf8.decode(bytes))
    if (isRecord(value)) return value
  } catch {
    // The refusal below does not repeat the content, as the parser's error would.
  }
  throw new RefusedToken(otherwise)
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

/** Normalizes the `typ` of a header. Media types ignore case, and `application/` can be left out (RFC 7515 §4.1.9). */
export function mediaTypeOf(typ: string | undefined): string {
  return (typ ?? '').toLowerCase().replace(/^application\//, '')
}
