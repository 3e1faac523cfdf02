import type { BearerFetch } from './bearer/bearer-fetch.ts'
import type { BearerInterceptor } from './bearer/bearer-interceptor.ts'
import { countedRejections } from './bearer/counted-rejections.ts'
import { bearerFetch } from './bearer/fetch.ts'
import { bearerInterceptor } from './bearer/interceptor.ts'
import { type Inventory, inventoryOf } from './bearer/inventory.ts'
import { underPolicy } from './bearer/policies.ts'
import { type Route, routeTable } from './bearer/routes.ts'
import type { TokenOptions } from './bearer/token-options.ts'
import { noteCall } from './bearer/usage.ts'
import { usageBook } from './bearer/usage-book.ts'
import type { ClientState, Health } from './cache/health.ts'
import { type TokenCache, tokenCache } from './cache/token-cache.ts'
import type { Warn } from './client-authentication/client-authentication.ts'
import { lateProver } from './client-authentication/late-prover.ts'
import type { Clock } from './clock.ts'
import { joinConnectionGroup } from './connection-group/connection-group.ts'
import { guardedEmitter, type Off, type On } from './emitter.ts'
import type { Emit } from './events.ts'
import { fetchFunction } from './http/transport-options.ts'
import { type CheckedOptions, checkedOptions, type TokenClientOptions } from './options/client-options.ts'
import { knownRequest } from './options/known-request.ts'
import { type BearerPolicy, checkedPolicy } from './options/policy.ts'
import {
  checkedAsking,
  checkedReady,
  type ReadyOptions,
  type RequestOptions,
  type WaitOptions
} from './options/request-options.ts'
import { routeForCall } from './options/route-for-call.ts'
import { lateSharedSource } from './stores/late-source.ts'
import type { SharedSource } from './stores/shared-source.ts'
import { clientTelemetry, telemetryOf } from './telemetry/client-telemetry.ts'
import { publishEvent } from './telemetry/event-channels.ts'
import { requestTracing } from './telemetry/request-channel.ts'
import { AccessToken } from './token/access-token.ts'
import type { TokenRequest } from './token/token-request.ts'
import type { Asking, TokenSource } from './token/token-source.ts'
import { wrong } from './wrong-option.ts'

export interface GetTokenOptions extends RequestOptions, WaitOptions {}

export interface TokenClient {
  /**
   * A token for the client's default request, with the fields that are named replaced. At once when one is at hand.
   * Rejects with TokenClientError when none is available, with the signal's reason when it aborts.
   */
  getToken(options?: GetTokenOptions): Promise<AccessToken>
  /** An undici interceptor that puts a token on requests to the policy's origins and lets all others pass untouched. */
  interceptor(policy: BearerPolicy): BearerInterceptor
  /** A `fetch` that does the same. `baseFetch` sends; without it `globalThis.fetch` as it is at each call. */
  createFetch(policy: BearerPolicy, baseFetch?: typeof globalThis.fetch): BearerFetch
  /** A resource server refused this token. True when it was the current one: another is asked for at once. */
  invalidate(token: AccessToken): boolean
  readonly on: On
  readonly off: Off
  /**
   * The first token is in hand, or with `requests` the first token of each. Goes on trying through transient failures for `maxWait` ms, 30 seconds unless given.
   * From then on these tokens are kept warm even when nobody asks for them. Rejects with the first failure; the other requests go on.
   */
  ready(options?: ReadyOptions): Promise<void>
  /**
   * A new token, asked for now whatever is remembered: for an operator who knows that the authorization server is well. At most once a
   * second for each request. Rejects with TokenClientError when none is available; the token at hand stays in use.
   */
  refresh(options?: GetTokenOptions): Promise<AccessToken>
  /** The state of `health()` alone, which costs nothing. */
  readonly state: Health['state']
  /** A snapshot for probes. */
  health(): Health
  /** Who was called with which scope, and how often it was refused: as JSON, and by `String()` as a Mermaid flowchart. */
  inventory(): Inventory
  /** Ends everything: waiting callers get ClientClosedError. A user's own dispatcher stays open. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const readyWait = 30_000

/**
 * Keeps tokens of the client credentials grant (RFC 6749 §4.4) at hand. Nothing is sent before the first token is asked for.
 * Throws ClientConfigurationError for a wrong option.
 */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  const checked = checkedOptions(options)
  const { timeout, refresh, maxWaiting, clientAuthentication, dpop, request } = checked
  const telemetry = clientTelemetry(checked)
  const { emit, on, off } = guardedEmitter((name, event) => publishEvent(name, event, telemetry))
  const { tokenEndpoint, clock, health, leave } = joinConnectionGroup(checked)
  const common = { clock, timeout, emit }
  const endpoint =
    clientAuthentication &&
    tokenEndpoint({
      ...checked,
      ...common,
      clientAuthentication,
      prover: dpop && lateProver({ source: dpop.source, clock, timeout }),
      allowBearer: dpop?.allowBearer ?? false,
      counting: (sender) => telemetry.counting(sender)
    })
  const source = sourceBelow(checked, { endpoint, clock, emit, risen: (spread) => cache.renewAll(spread) })
  const lastLook = { at: 0 }
  const book = usageBook(lastLook)
  const cache: TokenCache = tokenCache({
    ...common,
    endpoint: health,
    source: book.noting(source),
    lastLook,
    refresh,
    maxWaiting,
    trace: requestTracing(telemetry, clock)
  })
  const refusals = countedRejections(emit, clock)
  const forCall = (rule: Route, wish: TokenOptions) => book.counted(routeForCall(rule, wish))
  const spending = { source: cache, emit: refusals.emit, forCall }
  const bearer = (policy: BearerPolicy) => ({
    ...spending,
    routes: routeTable(checkedPolicy(policy, request).map(book.counted))
  })
  const knownFrom = knownRequest(request, (key) => cache.requestOf(key))
  const since = clock.wallTime()
  let closed: Promise<void> | undefined
  warnOfDisabledVerification(emit)

  /** For the caller to show. */
  function handedOut(asked: TokenRequest, patience?: Asking): Promise<AccessToken> {
    const usage = book.byHand(asked) // before the token, whose scope it wants to know
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
    const known = knownFrom(given)
    return known === undefined ? readAndAsk(given) : handedOut(known)
  }

  async function end(): Promise<void> {
    refusals.stop()
    cache.close()
    source.close()
    await leave()
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

/** A getter of a class is one for all clients; in a literal each client would have a hidden class of its own. */
class Stateful {
  readonly #cache: TokenCache

  constructor(cache: TokenCache) {
    this.#cache = cache
  }

  get state(): ClientState {
    return this.#cache.state()
  }
}

interface Below {
  /** Undefined for a reader of a store. */
  readonly endpoint: TokenSource | undefined
  /** With one timer for all that is waited for by nobody, the readings of the epoch among them. */
  readonly clock: Clock
  readonly emit: Emit
  readonly risen: (spread: number) => void
}

/** What the cache asks: the token endpoint, or the store in front of it. */
function sourceBelow(checked: CheckedOptions, { endpoint, clock, emit, risen }: Below): SharedSource {
  const { sharing, server, clientId, headers, timeout } = checked
  const alone = { ...(endpoint as TokenSource), close() {} }
  if (sharing === undefined) return alone
  const bound = checked.dpop !== undefined ? 'key' : checked.clientAuthentication?.mutualTls && 'certificate'
  if (bound !== undefined) {
    const message = `The store is not used: these tokens are bound to the ${bound} of this instance.`
    emit('warning', { code: 'token_not_shared', message })
    return alone
  }
  const { store, shards, secrets } = sharing
  const warn: Warn = (code, message) => emit('warning', { code, message })
  return lateSharedSource({
    ...{ store, shards, clock, timeout, emit, risen },
    source: endpoint,
    secrets: () => secrets(warn),
    identity: async () => [server.issuer, server.tokenEndpoint, clientId, await headers?.read(warn)]
  })
}

function warnOfDisabledVerification(emit: Emit): void {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return
  const message = 'NODE_TLS_REJECT_UNAUTHORIZED=0: no certificate is checked. Give your CA as connect: { ca } instead.'
  emit('warning', { code: 'tls_verification_disabled', message })
}
