import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientConfigurationError, TokenClientError } from '../errors.ts'
import type { AccessTokenVerifier } from './access-token-verifier.ts'
import type { ReceivedRequest } from './bearer-token.ts'
import type { Rule } from './rules.ts'
import { TokenRefusedError } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'

/** A request of node:http or Express, or one of Fastify around it. */
export type GuardedRequest = IncomingMessage | { readonly raw: IncomingMessage; readonly body?: unknown }

/** A response of node:http or Express, or a reply of Fastify. */
export type GuardedResponse = ServerResponse | FastifyReply

/** What is used of a reply of Fastify. */
export interface FastifyReply {
  code(status: number): unknown
  headers(fields: Record<string, string>): unknown
  send(): unknown
}

/** Express middleware, a Fastify hook, and with a function of your own as the last argument a guard for node:http. */
export type TokenGuard = (request: GuardedRequest, response: GuardedResponse, next: () => void) => void

export interface RequireTokenOptions {
  /** Hears why a request was refused or could not be judged; the caller does not. A mistake in a rule of your own comes here too. */
  readonly onRefusal?: (error: Error, request: IncomingMessage) => void
}

const verified = new WeakMap<IncomingMessage, VerifiedToken>()

/**
 * Lets a request through when it carries a token that the rule allows, and answers all others by RFC 6750 §3: 400, 401 or 403 with a challenge,
 * 503 when the issuer could not be asked, and 500 when a rule throws. `next` is for requests that may pass, and gets no error: nothing opens by mistake.
 * @throws ClientConfigurationError without a rule: nothing is allowed by default.
 */
export function requireToken(
  verifier: AccessTokenVerifier,
  rule: Rule,
  { onRefusal }: RequireTokenOptions = {}
): TokenGuard {
  if (typeof rule?.allows !== 'function')
    throw new ClientConfigurationError('ERR_MISSING_OPTION', "requireToken() needs a rule, as in scopes('read_user').")

  async function judge(incoming: IncomingMessage, carrier: ReceivedRequest): Promise<void> {
    const token = await verifier.verify(carrier)
    verifier.demand(token, rule)
    verified.set(incoming, token)
  }

  return (request, response, next) => {
    const incoming = incomingOf(request)
    // The parsed body is on what the framework hands over.
    const { headers, rawHeaders, socket } = incoming
    const carrier = { headers, rawHeaders, socket, body: 'body' in request ? request.body : undefined }
    judge(incoming, carrier).then(
      () => next(),
      (error: Error) => {
        answer(error, response)
        onRefusal?.(error, incoming)
      }
    )
  }
}

/**
 * The token of a request that `requireToken` let through.
 * @throws ClientConfigurationError when no guard stands before this place.
 */
export function accessTokenOf(request: GuardedRequest): VerifiedToken {
  const token = verified.get(incomingOf(request))
  if (token === undefined)
    throw new ClientConfigurationError(
      'ERR_MISSING_OPTION',
      'No token was checked for this request. Put requireToken() before it.'
    )
  return token
}

function incomingOf(request: GuardedRequest): IncomingMessage {
  return 'raw' in request ? request.raw : request
}

function answer(error: Error, response: GuardedResponse): void {
  const [status, fields] = refusal(error)
  if ('writeHead' in response) {
    response.writeHead(status, { ...fields, 'content-length': 0 }).end()
  } else {
    response.code(status)
    response.headers(fields)
    response.send()
  }
}

function refusal(error: Error): [number, Record<string, string>] {
  const fields = { 'cache-control': 'no-store' }
  if (error instanceof TokenRefusedError) return [error.status, { ...fields, 'www-authenticate': error.challenge }]
  if (!(error instanceof TokenClientError)) return [500, fields]
  return [503, { ...fields, 'retry-after': String(Math.ceil((error.retryAfter ?? 5000) / 1000)) }]
}
