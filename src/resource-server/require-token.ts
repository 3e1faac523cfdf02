import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientConfigurationError, TokenClientError } from '../errors.ts'
import { kindOf } from '../wrong-option.ts'
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
  readonly raw: ServerResponse
  code(status: number): unknown
  headers(fields: Record<string, string>): unknown
  send(): unknown
}

/** Express middleware, a Fastify hook, and with a function of your own as the last argument a guard for node:http. */
export type TokenGuard = (request: GuardedRequest, response: GuardedResponse, next: () => unknown) => void

export interface RequireTokenOptions {
  /**
   * Hears why a request was refused or could not be judged; the caller does not. What a rule threw comes here too.
   * What it throws itself becomes a process warning.
   */
  readonly onRefusal?: (error: Error, request: IncomingMessage) => unknown
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
  verifier.checkRule(rule)

  async function judge(incoming: IncomingMessage, carrier: ReceivedRequest): Promise<void> {
    const token = await verifier.verify(carrier)
    verifier.demand(token, rule)
    verified.set(incoming, token)
  }

  async function tell(error: Error, incoming: IncomingMessage): Promise<void> {
    try {
      await onRefusal?.(error, incoming)
    } catch (failure) {
      warn('onRefusal of requireToken() failed.', failure)
    }
  }

  async function guard(request: GuardedRequest, response: GuardedResponse, next: () => unknown): Promise<void> {
    const incoming = incomingOf(request)
    // The parsed body is on what the framework hands over.
    const { headers, rawHeaders, socket } = incoming
    const carrier = { headers, rawHeaders, socket, body: 'body' in request ? request.body : undefined }
    try {
      await judge(incoming, carrier)
    } catch (error) {
      answer(refusal(error as Error), response)
      return tell(error as Error, incoming)
    }
    // Whoever answered meanwhile has ended this request.
    if (isAnswered(response)) return
    try {
      await next()
    } catch (error) {
      warn('A request handler behind requireToken() failed.', error)
      fail(response)
    }
  }

  return (request, response, next) => {
    if (!fits(request, response, next))
      throw new ClientConfigurationError(
        'ERR_INVALID_OPTION',
        'The guard of requireToken() takes request, response and next of node:http, Express or Fastify. For other frameworks use verify() and demand().'
      )
    void guard(request, response, next)
  }
}

/** Whoever does not write TypeScript can hand in the arguments of another framework. */
function fits(request: GuardedRequest, response: GuardedResponse, next: unknown): boolean {
  const incoming = typeof request === 'object' && request !== null ? incomingOf(request) : undefined
  const raw = typeof response === 'object' && response !== null ? rawResponse(response) : undefined
  return Array.isArray(incoming?.rawHeaders) && typeof raw?.writeHead === 'function' && typeof next === 'function'
}

/** Nobody else would hear of it, and as an unhandled rejection it would end the process. */
function warn(message: string, failure: unknown): void {
  const detail =
    failure instanceof Error && failure.stack !== undefined ? failure.stack : `It threw ${kindOf(failure)}.`
  process.emitWarning(message, { detail })
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
  return 'rawHeaders' in request ? request : request.raw
}

/** Another middleware answered first, or the client is gone. */
function isAnswered(response: GuardedResponse): boolean {
  const { headersSent, writableEnded, destroyed } = rawResponse(response)
  return headersSent || writableEnded || destroyed
}

function rawResponse(response: GuardedResponse): ServerResponse {
  return 'writeHead' in response ? response : response.raw
}

function answer([status, fields]: Answer, response: GuardedResponse): void {
  if (isAnswered(response)) return
  try {
    if ('writeHead' in response) {
      response.writeHead(status, { ...fields, 'content-length': 0 }).end()
    } else {
      response.code(status)
      response.headers(fields)
      response.send()
    }
  } catch {
    // What cannot be answered must not stay open.
    rawResponse(response).destroy()
  }
}

/** A handler failed. In the middle of its answer nothing can be said any more, and the caller must not wait for the rest. */
function fail(response: GuardedResponse): void {
  if (!isAnswered(response)) answer([500, noStore], response)
  else if (!rawResponse(response).writableEnded) rawResponse(response).destroy()
}

const noStore = { 'cache-control': 'no-store' }

type Answer = readonly [status: number, fields: Record<string, string>]

function refusal(error: Error): Answer {
  if (error instanceof TokenRefusedError) return [error.status, { ...noStore, 'www-authenticate': error.challenge }]
  if (!(error instanceof TokenClientError)) return [500, noStore]
  return [503, { ...noStore, 'retry-after': String(Math.ceil((error.retryAfter ?? 5000) / 1000)) }]
}
