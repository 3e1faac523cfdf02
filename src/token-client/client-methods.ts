import type { BearerFetch } from '../bearer/bearer-fetch.ts'
import type { BearerInterceptor } from '../bearer/bearer-interceptor.ts'
import { type CallHeaders, callHeaders } from '../bearer/call-headers.ts'
import { CountedRejections } from '../bearer/counted-rejections.ts'
import { bearerFetch } from '../bearer/fetch.ts'
import { type BearerOptions, bearerInterceptor } from '../bearer/interceptor.ts'
import { type Inventory, inventoryOf } from '../bearer/inventory.ts'
import { routeTable } from '../bearer/routes.ts'
import { noteCall } from '../bearer/usage.ts'
import { fetchFunction } from '../http/transport-options.ts'
import { checkedCall, type HeadersOptions } from '../options/call-options.ts'
import { type KeyOfCall, keyOfCall } from '../options/known-request.ts'
import { type BearerPolicy, checkedPolicy } from '../options/policy.ts'
import { checkedAsking, checkedReady, type GetTokenOptions, type ReadyOptions } from '../options/request-options.ts'
import { routeForCall } from '../options/route-for-call.ts'
import { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking } from '../token/token-source.ts'
import { wrong } from '../wrong-option.ts'
import type { TokenRoad } from './token-road.ts'

const readyWait = 30_000

/** What the functions of a client do. It is a class, because a thousand tenants have a thousand clients. */
export class ClientMethods {
  readonly #defaultRequest: TokenRequest
  readonly #road: TokenRoad
  readonly #rejections: CountedRejections
  readonly #keyOf: KeyOfCall
  readonly #since: number
  #closed: Promise<void> | undefined

  constructor(defaultRequest: TokenRequest, road: TokenRoad) {
    this.#defaultRequest = defaultRequest
    this.#road = road
    this.#rejections = new CountedRejections(road.emit, road.clock)
    this.#keyOf = keyOfCall(defaultRequest)
    this.#since = road.clock.wallTime()
  }

  getToken(given?: GetTokenOptions): Promise<AccessToken> {
    if (given === undefined) return this.#handOut(this.#defaultRequest)
    const key = this.#keyOf(given)
    const known = key === undefined ? undefined : this.#road.cache.requestOf(key)
    return known === undefined ? this.#checkAndHandOut(given) : this.#handOut(known, undefined, key)
  }

  interceptor(policy: BearerPolicy): BearerInterceptor {
    return bearerInterceptor(this.bearer(policy))
  }

  createFetch(policy: BearerPolicy, baseFetch?: typeof globalThis.fetch): BearerFetch {
    return bearerFetch({ ...this.bearer(policy), baseFetch: fetchFunction('baseFetch', baseFetch) })
  }

  async headers(given: HeadersOptions): Promise<CallHeaders> {
    const [call, request, patience] = checkedCall(given, this.#defaultRequest)
    patience.signal?.throwIfAborted()
    const waitsSince = this.#road.clock.monotonicTime()
    return callHeaders(await this.#handOut(request, patience), call, { ...patience, waitsSince })
  }

  invalidate(token: AccessToken): boolean {
    if (token instanceof AccessToken) return this.#road.cache.invalidate(token)
    wrong('invalidate', 'needs the AccessToken that was refused', 'Give what getToken() returned.')
  }

  async ready(given: ReadyOptions = {}): Promise<void> {
    const { cache } = this.#road
    const [requests, { signal, maxWait = readyWait }] = checkedReady(given, this.#defaultRequest)
    signal?.throwIfAborted()
    for (const request of requests) cache.pin(request)
    await Promise.all(requests.map((request) => cache.promise(request, { signal, maxWait })))
  }

  async refresh(given: GetTokenOptions = {}): Promise<AccessToken> {
    const [request, patience] = checkedAsking(given, this.#defaultRequest, 'refresh')
    patience.signal?.throwIfAborted()
    return await this.#road.cache.refresh(request, patience)
  }

  inventory(): Inventory {
    const { telemetry, book } = this.#road
    return inventoryOf({ ...telemetry, since: this.#since }, book)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  /** What sends tokens under a policy. */
  bearer(policy: BearerPolicy): BearerOptions {
    const { cache, book, clock } = this.#road
    const rules = checkedPolicy(policy, this.#defaultRequest)
    return {
      source: cache,
      emit: (_, event) => this.#rejections.add(event),
      forCall: (rule, wish) => book.counted(routeForCall(rule, wish)),
      clock,
      routes: routeTable(rules.map((rule) => book.counted(rule)))
    }
  }

  async #checkAndHandOut(given: GetTokenOptions): Promise<AccessToken> {
    const [request, patience] = checkedAsking(given, this.#defaultRequest)
    patience.signal?.throwIfAborted()
    return await this.#handOut(request, patience) // Without `await` the stack of an error could end here.
  }

  /** For the caller to show. With ten thousand requests each look into one costs more than all else, so whoever has its key gives it. */
  #handOut(request: TokenRequest, patience?: Asking, key = request.key): Promise<AccessToken> {
    const { cache, book } = this.#road
    const usage = book.byHand(request, key) // before the token, whose scope it wants to know
    const token = cache.promise(request, patience)
    noteCall(usage)
    return token
  }

  async #close(): Promise<void> {
    this.#rejections.stop()
    await this.#road.close()
  }
}
