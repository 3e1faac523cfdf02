import { isRecord } from '../../record.ts'

/** The members of a token's header or payload (RFC 7519 §4). */
export type Claims = Readonly<Record<string, unknown>>

/** The JSON object in one part of a compact JWT; undefined if there is none. */
export function decoded(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
