import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { ClientConfigurationError } from '../errors.ts'
import { answerFor, httpErrorFor, type RefusalBody } from './answer-for.ts'
import { checkedGuard, guardOptionNames, isAnonymous, nonceFields, refusalAnswer, tell, warn } from './guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from './guarded-contexts.ts'
import { cutShort, type GuardedResponse, isAnswered, rawResponse, sendAnswer, setFields } from './node-response.ts'
import type { Rule } from './rules.ts'
import { receivedRequest } from './token-carrier.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { AccessTokenVerifier } from './verifier.ts'

/** A request of node:http or node:http2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** A request of node:http, node:http2 or Express, or one of Fastify around it. */
export type GuardedRequest = NodeRequest | { readonly raw: NodeRequest; readonly body?: unknown }

/** It is Express middleware and a Fastify hook. With a function of your own as the last argument it is a guard for node:http and node:http2. */
export type TokenGuard = (request: GuardedRequest, response: GuardedResponse, next: (error?: Error) => unknown) => void

export interface RequireTokenOptions {
  /** Lets requests without a token pass too. If there is a token, it must be valid. See `optionalAccessTokenOf`. */
  readonly optional?: boolean
  /** Lets CORS preflights pass: `OPTIONS` with `Origin` and `Access-Control-Request-Method`. Browsers send no token with them. */
  readonly preflights?: boolean
  /** Called for each request that passes, with its token. */
  readonly onAllowed?: (token: VerifiedToken, request: NodeRequest) => unknown
  /**
   * Called with the reason why a request was refused or could not be checked, which the caller does not see. An error of a rule comes here too.
   * If one of the two listeners throws, that becomes a process warning.
   */
  readonly onRefusal?: (error: Error, request: NodeRequest) => unknown
  /** The body of a refusal, such as `problemJson`. The default is empty. It cannot change the status and the challenge. */
  readonly refusal?: (error: Error) => RefusalBody
  /**
   * With `'next'` the guard does not answer but passes a refusal to `next`, for the error handling of Express or Fastify: an error with `status`, `headers` and
   * the refusal as its `cause`. If your own handler ignores this error, the request passes.
   */
  readonly errors?: 'answer' | 'next'
}

const known = [...guardOptionNames, 'preflights', 'errors']

/**
 * Lets a request pass if it has a token that the rule allows. It answers all others as RFC 6750 §3 says: with 400, 401 or 403 and a challenge,
 * with 503 if the issuer could not be asked, and with 500 if a rule throws. Unless `errors` is `'next'`, `next` gets no error, so no request passes by mistake.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
 */
export function requireToken(verifier: AccessTokenVerifier, rule: Rule, given: RequireTokenOptions = {}): TokenGuard {
  const guard = new NodeGuard(verifier, rule, checkedGuard(verifier, rule, given, known))
  return (request, response, next) => {
    if (!fits(request, response, next))
      throw new ClientConfigurationError(
        'ERR_INVALID_OPTION',
        'The guard of requireToken() needs request, response and next of node:http, node:http2, Express or Fastify. For other frameworks, use their own guard, or authorize() and answerFor().'
      )
    void guard.handle(request, response, next)
  }
}

class NodeGuard {
  readonly #verifier: AccessTokenVerifier
  readonly #rule: Rule
  readonly #options: RequireTokenOptions

  constructor(verifier: AccessTokenVerifier, rule: Rule, options: RequireTokenOptions) {
    this.#verifier = verifier
    this.#rule = rule
    this.#options = options
  }

  /** Never rejects. If what comes after the guard fails, the response is ended here. */
  async handle(request: GuardedRequest, response: GuardedResponse, next: Parameters<TokenGuard>[2]): Promise<void> {
    let passing: Error | boolean
    try {
      passing = await this.#mayPass(request, response)
    } catch (error) {
      passing = error as Error
    }
    if (passing === false) return
    try {
      await (passing === true ? next() : next(passing))
    } catch (error) {
      warn('A request handler after requireToken() failed.', error)
      if (isAnswered(response)) cutShort(response)
      else sendAnswer(answerFor(undefined), response)
    }
  }

  /** False if the request was refused and has its answer. Rejects if `next` must be called with an error. */
  async #mayPass(request: GuardedRequest, response: GuardedResponse): Promise<boolean> {
    const { preflights, optional } = this.#options
    const incoming = incomingOf(request)
    if (preflights === true && isPreflight(incoming)) return !isAnswered(response)
    // The parsed body is on what the framework hands over.
    const body = 'body' in request ? request.body : undefined
    const carrier = receivedRequest(incoming, body)
    try {
      const token = await this.#verifier.authorize(carrier, this.#rule, request)
      rememberToken(incoming, token)
      setFields(response, nonceFields(this.#verifier, token))
      void tell('onAllowed', () => this.#options.onAllowed?.(token, incoming))
    } catch (error) {
      if (optional === true && isAnonymous(error)) return !isAnswered(response)
      await this.#refuse(error as Error, incoming, response)
      return false
    }
    // If somebody else has answered in the meantime, the request is over.
    return !isAnswered(response)
  }

  async #refuse(error: Error, incoming: NodeRequest, response: GuardedResponse): Promise<void> {
    const { errors } = this.#options
    if (errors !== 'next') sendAnswer(await refusalAnswer(error, this.#options), response)
    void tell('onRefusal', () => this.#options.onRefusal?.(error, incoming))
    if (errors === 'next' && !isAnswered(response)) throw httpErrorFor(error)
  }
}

/**
 * The token of a request that `requireToken` has allowed.
 * @throws ClientConfigurationError if no guard has checked the request before.
 */
export function accessTokenOf(request: GuardedRequest): VerifiedToken {
  return tokenOf(incomingOf(request))
}

/** The token of a request, or undefined if `optional` has let it pass without one. */
export function optionalAccessTokenOf(request: GuardedRequest): VerifiedToken | undefined {
  return optionalTokenOf(incomingOf(request))
}

function isPreflight({ method, headers }: NodeRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers
}

/** Without TypeScript, somebody can pass the arguments of another framework. */
function fits(request: GuardedRequest, response: GuardedResponse, next: unknown): boolean {
  const incoming = typeof request === 'object' && request !== null ? incomingOf(request) : undefined
  const raw = typeof response === 'object' && response !== null ? rawResponse(response) : undefined
  return Array.isArray(incoming?.rawHeaders) && typeof raw?.writeHead === 'function' && typeof next === 'function'
}

function incomingOf(request: GuardedRequest): NodeRequest {
  return 'rawHeaders' in request ? request : request.raw
}
