import type { IncomingMessage, ServerResponse } from 'node:http'

/** The origins whose pages may read the answers of the endpoints, or `*` for all origins. */
export type AllowedOrigins = readonly string[]

/** Writes the CORS headers that let the page of another site read the answer. */
export function allowOrigin({ headers }: IncomingMessage, response: ServerResponse, allowed: AllowedOrigins): void {
  if (allowed.length === 0) return
  const { origin = '' } = headers
  response.setHeader('vary', 'origin')
  response.setHeader('access-control-expose-headers', 'dpop-nonce')
  if (allowed.includes('*')) response.setHeader('access-control-allow-origin', '*')
  else if (allowed.includes(origin)) response.setHeader('access-control-allow-origin', origin)
}

/** Answers a CORS preflight request. Returns whether the request was one. */
export function answeredPreflight(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  allowed: AllowedOrigins
): boolean {
  if (method !== 'OPTIONS' || allowed.length === 0 || headers['access-control-request-method'] === undefined)
    return false
  response.statusCode = 204
  response.setHeader('access-control-allow-methods', 'GET, POST')
  response.setHeader('access-control-allow-headers', 'authorization, content-type, dpop')
  response.setHeader('access-control-max-age', '600')
  response.end()
  return true
}
