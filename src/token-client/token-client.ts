import type { BearerFetch } from '../bearer/bearer-fetch.ts'
import type { BearerInterceptor } from '../bearer/bearer-interceptor.ts'
import type { CallHeaders } from '../bearer/call-headers.ts'
import type { Inventory } from '../bearer/inventory.ts'
import { underPolicy } from '../bearer/policies.ts'
import type { ClientState, Health } from '../cache/health.ts'
import type { TokenCache } from '../cache/token-cache.ts'
import type { Off, On } from '../emitter.ts'
import type { HeadersOptions } from '../options/call-options.ts'
import { checkedOptions, type TokenClientOptions } from '../options/client-options.ts'
import type { BearerPolicy } from '../options/policy.ts'
import type { GetTokenOptions, ReadyOptions } from '../options/request-options.ts'
import { telemetryOf } from '../telemetry/client-telemetry.ts'
import type { AccessToken } from '../token/access-token.ts'
import { ClientMethods } from './client-methods.ts'
import { TokenRoad } from './token-road.ts'

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

/**
 * Creates a client that gets, keeps and refreshes tokens of the client credentials grant (RFC 6749 §4.4). It sends nothing before somebody asks for a token.
 * Throws ClientConfigurationError if an option is wrong.
 */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  const checked = checkedOptions(options)
  const road = new TokenRoad(checked)
  const methods = new ClientMethods(checked.request, road)
  const close = () => methods.close()
  // Functions that need no `this`, so that users can take them out of the object.
  const client: TokenClient = Object.assign(new Stateful(road.cache), {
    getToken: (given) => methods.getToken(given),
    interceptor: (policy) => methods.interceptor(policy),
    createFetch: (policy, baseFetch) => methods.createFetch(policy, baseFetch),
    headers: (given) => methods.headers(given),
    invalidate: (token) => methods.invalidate(token),
    on: road.on,
    off: road.off,
    ready: (given) => methods.ready(given),
    refresh: (given) => methods.refresh(given),
    health: () => road.cache.health(),
    inventory: () => methods.inventory(),
    close,
    [Symbol.asyncDispose]: close
  } satisfies Omit<TokenClient, 'state'>)
  Object.defineProperty(client, underPolicy, { value: (policy: BearerPolicy) => methods.bearer(policy) })
  return Object.defineProperty(client, telemetryOf, { value: road.telemetry })
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
