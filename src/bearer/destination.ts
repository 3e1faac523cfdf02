import { channel } from 'node:diagnostics_channel'
import { TokenClientError } from '../errors.ts'
import { oldUndici } from '../http/old-undici.ts'
import type { Dispatch, DispatchOptions, Handler } from './dispatch.ts'
import { isOwnHost } from './own-host.ts'

/** What undici publishes about a request when it creates it for a connection, before anything is written. */
interface MadeRequest {
  readonly origin: unknown
  readonly host: unknown
  readonly headers: readonly unknown[]
  readonly method: unknown
  readonly path: unknown
}

/** A request with a token, on its way to a connection. */
export interface Watched {
  readonly destination: Destination | undefined
  /** Where it should go. */
  readonly origin: string
  /** The field value that shows the token. */
  readonly shown: string
  /** What the dispatcher was given. */
  readonly options: DispatchOptions
  /** Whether a connection has begun with it. It can begin with it again: an interceptor below may repeat it. */
  readonly hasStarted: boolean
  course: Course
}

/** What we know about the destination, from the creation of the request by undici to its start on a connection. A request that goes astray must not start. */
export type Course = 'unknown' | 'right' | 'astray'

/** A dispatcher that is not undici's publishes nothing. */
const patience = 100

const requestMade = channel('undici:request:create')
/** Those that are not answered yet. */
const watched = new Set<Watched>()
let dispatching: Watched | undefined
let isListening = false

/**
 * Watches where a dispatcher sends. A Client or a Pool sends to its own origin, whatever a request names, and undici 7 does not tell an
 * interceptor about that origin. But undici publishes for each request, before it is written, where its connection leads. A dispatcher that
 * has sent correctly so far is still watched, because a pool can be given another origin at any time.
 */
export class Destination {
  #dispatched = 0
  #wasHeard = false

  /** Whether nothing was ever published about its requests. */
  get isSilent(): boolean {
    return !this.#wasHeard && this.#dispatched >= patience
  }

  heard(): void {
    this.#wasHeard = true
  }

  /** Dispatches a request, and watches it until it is released. */
  watch(request: Watched & Handler, dispatch: Dispatch): boolean {
    this.#dispatched += 1
    if (!isListening) requestMade.subscribe(judge) // for good: coming and going would cost each request more than staying does
    isListening = true
    watched.add(request)
    const outer = dispatching
    dispatching = request
    try {
      return dispatch(request.options, request)
    } catch (error) {
      release(request)
      throw oldUndici(error) ?? error
    } finally {
      dispatching = outer
      if (this.isSilent) this.#releaseAll()
    }
  }

  #releaseAll(): void {
    for (const request of watched) if (request.destination === this) release(request)
  }
}

/** The request was answered, or will never be. */
export function release(request: Watched): void {
  watched.delete(request)
}

/** Why a request ends before anything of it is written. */
export function sentElsewhere(origin: string): TokenClientError {
  const message =
    `The request names ${origin}, and the dispatcher below the interceptor sends it to another origin. ` +
    'Compose on an Agent, or name the origin that the Client or Pool was made for.'
  return new TokenClientError('ERR_UNCERTAIN_ORIGIN', message, { transient: false })
}

function judge(message: unknown): void {
  if (watched.size === 0) return
  const made = (message as { readonly request: MadeRequest }).request
  if (dispatching !== undefined && made.headers.includes(dispatching.shown)) {
    dispatching.course = leadsTo(made, dispatching.origin) ? 'right' : 'astray'
    dispatching.destination?.heard()
  } else judgeLate(made)
}

/**
 * A request that waited in the queue of a pool, or that an interceptor below repeats, is created later. We cannot distinguish it from similar
 * requests, or from one that somebody else sends with this token, so a wrong destination is held against all of them. That does not
 * affect requests that have already started, and a request for the right place is cleared before it starts.
 */
function judgeLate(made: MadeRequest): void {
  const candidates = candidatesFor(made).filter(({ course }) => course !== 'right')
  const arrived = candidates.filter(({ origin }) => leadsTo(made, origin))
  const waiting = arrived.find(({ hasStarted }) => !hasStarted)
  if (arrived.length === 0) for (const one of candidates) one.course = 'astray'
  else if (waiting !== undefined) waiting.course = 'right'
  else for (const one of arrived) one.course = 'unknown'
  arrived[0]?.destination?.heard()
}

/** Those with its token, and of these the ones with its method and path, if there are any. */
function candidatesFor({ headers, method, path }: MadeRequest): readonly Watched[] {
  let sought: string | undefined
  let isThere = false
  const candidates = [...watched].filter(({ shown }) => {
    if (shown !== sought) isThere = headers.includes(shown) // most requests in flight carry the same token
    sought = shown
    return isThere
  })
  const alike = candidates.filter(
    ({ options }) => options.method === method && `${path}?`.startsWith(`${options.path}?`)
  )
  return alike.length === 0 ? candidates : alike
}

function leadsTo(made: MadeRequest, origin: string): boolean {
  return made.origin === origin || isOwnHost(made.host, origin)
}
