import type { IncomingMessage } from 'node:http'
import { RefusedToken } from './token-refused-error.ts'

/** Where a token is looked for: an `Authorization` value, a request of the platform, or one of node:http and what is built on it. */
export type TokenCarrier = string | undefined | Request | ReceivedRequest

/** A request of node:http. `body` is what a framework may have read of it. */
export type ReceivedRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'socket'> & { readonly body?: unknown }

const bearer = /^Bearer +([\w.~+/-]+=*) *$/i

/**
 * The token of a request, from its header alone (RFC 6750 §2.1): one in the query is not seen, one in a form counts only as one too many.
 * @throws RefusedToken
 */
export function bearerToken(carrier: TokenCarrier): string {
  const authorization = authorizationOf(carrier)
  if (authorization === undefined || !/^Bearer( |$)/i.test(authorization)) throw new RefusedToken('no_token')
  const [, token] = bearer.exec(authorization) ?? []
  if (token === undefined) throw new RefusedToken('malformed_header')
  if (hasTokenInForm(carrier)) throw new RefusedToken('several_tokens')
  return token
}

function authorizationOf(carrier: TokenCarrier): string | undefined {
  if (carrier === undefined || typeof carrier === 'string') return carrier
  if (!('rawHeaders' in carrier)) return carrier.headers.get('authorization') ?? undefined
  // Of a repeated field node:http keeps the first and hides the others.
  const repeated = carrier.rawHeaders.filter(
    (name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization'
  ).length
  if (repeated > 1) throw new RefusedToken('several_tokens')
  return carrier.headers.authorization
}

/** A form that some framework has read already. */
function hasTokenInForm(carrier: TokenCarrier): boolean {
  if (typeof carrier !== 'object' || !('rawHeaders' in carrier)) return false
  const { body, headers } = carrier
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '')
  return isForm && typeof body === 'object' && body !== null && Object.hasOwn(body, 'access_token')
}
