import { TokenClientError } from '../errors.ts'

/** Whether the query of a URL already contains a token (RFC 6750 §2.3). A request must not use a second method beside the header (§2). */
export function hasQueryToken(path: string, query?: unknown): boolean {
  if (typeof query === 'object' && query !== null && Object.hasOwn(query, 'access_token')) return true
  const start = path.indexOf('?')
  if (start === -1) return false
  return new URLSearchParams(path.slice(start + 1)).has('access_token')
}

export function tokenInQuery(): TokenClientError {
  const message =
    'The query of the URL contains `access_token`. Remove it, because the client sends the token in `Authorization`.'
  return new TokenClientError('ERR_TOKEN_IN_QUERY', message, { transient: false })
}
