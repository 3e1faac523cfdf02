/** The kind of token in a text that somebody pasted or piped in. */
export type FoundToken =
  /** Three parts: header, claims and signature (RFC 7515 §3.1). */
  | { readonly kind: 'signed'; readonly token: string }
  /** Five parts. The claims can only be read with the key (RFC 7516 §3.1). */
  | { readonly kind: 'encrypted'; readonly token: string }
  /** A reference that only its issuer understands. */
  | { readonly kind: 'opaque'; readonly token: string }

const compact = /(?<![\w.-])eyJ[\w-]*(?:\.[\w-]*){2,4}(?![\w.-])/
const bearer = /\bbearer\s+([\w.~+/-]+=*)/i
const lone = /^[\w.~+/-]+=*$/

/**
 * Finds the token in a text: alone, in an `Authorization` header, or in the answer of a token endpoint, with or without the headers of the answer.
 * Undefined if there is none.
 */
export function findToken(text: string): FoundToken | undefined {
  const trimmed = text.trim()
  const found = answered(trimmed) ?? compact.exec(trimmed)?.[0] ?? bearer.exec(trimmed)?.[1]
  const token = found ?? (lone.test(trimmed) ? trimmed : undefined)
  return token === undefined || token === '' ? undefined : { kind: kindOf(token), token }
}

/** The `access_token` of a JSON answer (RFC 6749 §5.1). */
function answered(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text.slice(Math.max(text.indexOf('{'), 0)))
    const token = (answer as { access_token?: unknown } | null)?.access_token
    return typeof token === 'string' ? token : undefined
  } catch {
    return undefined
  }
}

function kindOf(token: string): FoundToken['kind'] {
  if (!token.startsWith('eyJ')) return 'opaque'
  const parts = token.split('.').length
  return parts === 5 ? 'encrypted' : parts === 3 ? 'signed' : 'opaque'
}
