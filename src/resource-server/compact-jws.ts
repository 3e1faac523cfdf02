import { type RefusalReason, RefusedToken } from './token-refused-error.ts'
import { parseUniqueJson } from './unique-json.ts'

/** What of the protected header is looked at. Keys or addresses of keys inside it are not (RFC 8725 §3.10). */
export interface JwsHeader {
  readonly alg: string
  readonly typ: string | undefined
  readonly kid: string | undefined
}

export type JsonObject = Readonly<Record<string, unknown>>

const threeParts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/** Whether it looks like a signed JWT at all; anything else is opaque. */
export function isCompactJws(token: string): boolean {
  return threeParts.test(token)
}

/** The header of a signed JWT that is not believed yet (RFC 7515 §7.1). @throws RefusedToken */
export function parseCompactJws(token: string): JwsHeader {
  const [, ...parts] = threeParts.exec(token) ?? []
  const [header] = parts
  if (header === undefined || !parts.every(isCanonical)) throw new RefusedToken('malformed')
  const { alg, typ, kid, crit } = parseJsonObject(Buffer.from(header, 'base64url'), 'malformed_header_json')
  // No extension is understood, so a critical one cannot be honoured (RFC 7515 §4.1.11); `b64` is one.
  if (crit !== undefined) throw new RefusedToken('critical_header')
  if (typeof alg !== 'string' || !isTextOrAbsent(typ) || !isTextOrAbsent(kid))
    throw new RefusedToken('malformed_header_json')
  return { alg, typ, kid }
}

/** UTF-8, JSON, an object, and no member twice. */
export function parseJsonObject(bytes: Uint8Array, otherwise: RefusalReason): JsonObject {
  try {
    const value = parseUniqueJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch {
    // Refused below, without a word of what was in it.
  }
  throw new RefusedToken(otherwise)
}

/** Whether no other text decodes to the same bytes: bits that the last character has too many must be zero (RFC 4648 §3.5). */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
