import type { BearerFetch } from '../bearer/bearer-fetch.ts'
import type { BearerInterceptor } from '../bearer/bearer-interceptor.ts'
import { type CallHeaders, callHeaders } from '../bearer/call-headers.ts'
import { countedRejections } from '../bearer/counted-rejections.ts'
import { bearerFetch } from '../bearer/fetch.ts'
import { bearerInterceptor } from '../bearer/interceptor.ts'
import { type Inventory, inventoryOf } from '../bearer/inventory.ts'
import { underPolicy } from '../bearer/policies.ts'
import { type Route, routeTable } from '../bearer/routes.ts'
import type { TokenOptions } from '../bearer/token-options.ts'
import { noteCall } from '../bearer/usage.ts'
import type { ClientState, Health } from '../cache/health.ts'
import type { TokenCache } from '../cache/token-cache.ts'
import type { Off, On } from '../emitter.ts'
import { fetchFunction } from '../http/transport-options.ts'
import { checkedCall, type HeadersOptions } from '../options/call-options.ts'
import { checkedOptions, type TokenClientOptions } from '../options/client-options.ts'
import { keyOfCall } from '../options/known-request.ts'
import { type BearerPolicy, checkedPolicy } from '../options/policy.ts'
import {
  checkedAsking,
  checkedReady,
  type ReadyOptions,
  type RequestOptions,
  type WaitOptions
} from '../options/request-options.ts'
import { routeForCall } from '../options/route-for-call.ts'
import { telemetryOf } from '../telemetry/client-telemetry.ts'
import { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking } from '../token/token-source.ts'
import { wrong } from '../wrong-option.ts'
import { tokenRoad } from './token-road.ts'

export interface GetTokenOptions extends RequestOptions, WaitOptions {}

export interface TokenClient {
  /**
   * Returns a token for the client's default request. Fields that you give replace those of the default request.
   * Rejects with TokenClientError if no token is available, and with the signal's reason if the signal aborts.
   */
  getToken(options?: GetTokenOptions): Promise<AccessToken>
  /** Returns an undici interceptor that adds a token to requests to the policy's origins and passes all others on unchanged. */
  interceptor(policy: BearerPolicy): BearerInterceptor
  /** Returns a `fetch` that does the same. It sends requests with `baseFetch`, or with the `globalThis.fetch` of the moment of the call. */
  createFetch(policy: BearerPolicy, baseFetch?: typeof globalThis.fetch): BearerFetch
  /**
   * Returns the header fields that show a token in a request which you send yourself, with an HTTP client that takes neither a dispatcher nor a `fetch`:
   * `{ authorization }`, and for a DPoP token `dpop`, a proof for this one request (RFC 9449). Rejects as `getToken` does.
   *
   * @example
   * const headers = await tokens.headers({ method: 'GET', url: 'https://users.internal/users/7' })
   */
  headers(options: HeadersOptions): Promise<CallHeaders>
  /** Tells the client that a resource server refused this token. Returns true if it was the current token; the client then requests another one at once. */
  invalidate(token: AccessToken): boolean
  readonly on: On
  readonly off: Off
  /**
   * Resolves when the client has its first token, or with `requests` the first token of each request. It retries transient failures for `maxWait` ms, 30 seconds by default.
   * From then on the client keeps these tokens fresh, even if nobody asks for them. Rejects with the first failure; the other requests continue.
   */
  ready(options?: ReadyOptions): Promise<void>
  /**
   * Requests a new token now, whatever failures the client remembers. It is for an operator who knows that the authorization server works again. It sends at most
   * one request a second for each kind of token. Rejects with TokenClientError if no token is available; the current token then stays in use.
   */
  refresh(options?: GetTokenOptions): Promise<AccessToken>
  /** Only the state of `health()`. Reading it costs nothing. */
  readonly state: Health['state']
  /** A snapshot for probes. */
  health(): Health
  /** Lists which services were called with which scope, and how often they refused the token. It is JSON, and `String()` makes a Mermaid flowchart of it. */
  inventory(): Inventory
  /** Closes the client. Waiting callers get ClientClosedError. A dispatcher that you gave stays open. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const readyWait = 30_000

/**
 * Creates a client that gets, keeps and refreshes tokens of the client credentials grant (RFC 6749 §4.4). It sends nothing before somebody asks for a token.
 * Throws ClientConfigurationError if an option is wrong.
 */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  const checked = checkedOptions(options)
  const { request } = checked
  const { cache, book, clock, telemetry, emit, on, off, close: closeRoad } = tokenRoad(checked)
  const refusals = countedRejections(emit, clock)
  const forCall = (rule: Route, wish: TokenOptions) => book.counted(routeForCall(rule, wish))
  const spending = { source: cache, emit: refusals.emit, forCall, clock }
  const bearer = (policy: BearerPolicy) => ({
    ...spending,
    routes: routeTable(checkedPolicy(policy, request).map((rule) => book.counted(rule)))
  })
  const keyOf = keyOfCall(request)
  const since = clock.wallTime()
  let closed: Promise<void> | undefined

  /** For the caller to show. With ten thousand requests each look into one costs more than all else, so whoever has its key gives it. */
  function handedOut(asked: TokenRequest, patience?: Asking, key = asked.key): Promise<AccessToken> {
    const usage = book.byHand(asked, key) // before the token, whose scope it wants to know
    const token = cache.promise(asked, patience)
    noteCall(usage)
    return token
  }

  async function readAndAsk(given: GetTokenOptions): Promise<AccessToken> {
    const [asked, patience] = checkedAsking(given, request)
    patience.signal?.throwIfAborted()
    return handedOut(asked, patience)
  }

  function getTokenFor(given: GetTokenOptions): Promise<AccessToken> {
    const key = keyOf(given)
    const known = key === undefined ? undefined : cache.requestOf(key)
    return known === undefined ? readAndAsk(given) : handedOut(known, undefined, key)
  }

  async function end(): Promise<void> {
    refusals.stop()
    await closeRoad()
  }

  function close(): Promise<void> {
    closed ??= end()
    return closed
  }

  const client: TokenClient = Object.assign(new Stateful(cache), {
    getToken: (given) => (given === undefined ? handedOut(request) : getTokenFor(given)),
    interceptor: (policy) => bearerInterceptor(bearer(policy)),
    createFetch: (policy, baseFetch) =>
      bearerFetch({ ...bearer(policy), baseFetch: fetchFunction('baseFetch', baseFetch) }),
    async headers(given) {
      const [call, asked, patience] = checkedCall(given, request)
      patience.signal?.throwIfAborted()
      const waitsSince = clock.monotonicTime()
      return callHeaders(await handedOut(asked, patience), call, { ...patience, waitsSince })
    },
    invalidate(token) {
      if (token instanceof AccessToken) return cache.invalidate(token)
      wrong('invalidate', 'needs the AccessToken that was refused', 'Give what getToken() gave.')
    },
    on,
    off,
    async ready(given = {}) {
      const [requests, { signal, maxWait = readyWait }] = checkedReady(given, request)
      signal?.throwIfAborted()
      for (const wanted of requests) cache.pin(wanted)
      await Promise.all(requests.map((wanted) => cache.promise(wanted, { signal, maxWait })))
    },
    async refresh(given = {}) {
      const [asked, patience] = checkedAsking(given, request, 'refresh')
      patience.signal?.throwIfAborted()
      return cache.refresh(asked, patience)
    },
    health: () => cache.health(),
    inventory: () => inventoryOf({ ...telemetry, since }, book),
    close,
    [Symbol.asyncDispose]: close
  } satisfies Omit<TokenClient, 'state'>)
  Object.defineProperty(client, underPolicy, { value: bearer })
  return Object.defineProperty(client, telemetryOf, { value: telemetry })
}

/** All clients share the getter of a class. With an object literal, each client would have its own hidden class. */
class Stateful {
  readonly #cache: TokenCache

  constructor(cache: TokenCache) {
    this.#cache = cache
  }

  get state(): ClientState {
    return this.#cache.state()
  }
}
