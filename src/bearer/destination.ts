import { channel } from 'node:diagnostics_channel'
import { TokenClientError } from '../errors.ts'
import { isOwnHost } from './own-host.ts'

/** What undici says of a request when it makes one for a connection, before anything of it is written. */
interface MadeRequest {
  readonly origin: unknown
  readonly host: unknown
  readonly headers: readonly unknown[]
}

/** A request with a token, on its way to a connection. */
export interface Watched {
  /** Where it should go. */
  readonly origin: string
  /** The field value that shows the token. */
  readonly shown: string
}

const requestMade = channel('undici:request:create')

/** So many arrivals in a row are no chance, not even below a dispatcher that takes turns among several origins. */
const convincing = 8
/** A dispatcher that is not undici's says nothing. */
const patience = 100

/**
 * Sees where a dispatcher sends. A Client or Pool sends to its own origin whatever a request names, and undici 7 does not tell an
 * interceptor that it has one. But undici tells of each request, before it is written, where its connection leads.
 */
export class Destination {
  readonly #seen = new Map<string, { arrived: number; watched: number }>()
  readonly #watched = new Set<Watched>()
  readonly #astray = new Set<Watched>()
  #dispatching: Watched | undefined
  /** Once a request has gone astray, none is taken for granted any more. */
  #misleads = false
  /** The last origin that is known, since most callers have one only. */
  #known: string | undefined

  /** Whether requests for this origin are known to arrive there. */
  isKnown(origin: string): boolean {
    if (origin === this.#known) return true
    const seen = this.#seen.get(origin)
    if (this.#misleads || seen === undefined || (seen.arrived < convincing && seen.watched < patience)) return false
    this.#known = origin
    return true
  }

  /** Dispatches a request, and watches it until it starts or ends. */
  watch(request: Watched, dispatch: () => boolean): boolean {
    const seen = this.#seen.get(request.origin) ?? { arrived: 0, watched: 0 }
    seen.watched += 1
    this.#seen.set(request.origin, seen)
    if (this.#watched.size === 0) requestMade.subscribe(this.#judge)
    this.#watched.add(request)
    const outer = this.#dispatching
    this.#dispatching = request
    try {
      return dispatch()
    } finally {
      this.#dispatching = outer
    }
  }

  /** Why a request must end before it is written: it goes elsewhere. */
  astray(request: Watched): TokenClientError | undefined {
    return this.#astray.has(request) ? sentElsewhere(request.origin) : undefined
  }

  /** The request has started, or will not any more. */
  release(request: Watched): void {
    this.#astray.delete(request)
    if (this.#watched.delete(request) && this.#watched.size === 0) requestMade.unsubscribe(this.#judge)
  }

  /** A request that waited in the queue of a pool is made later, and cannot be told from others with the same token. */
  readonly #judge = (message: unknown): void => {
    const made = (message as { readonly request: MadeRequest }).request
    const asked = [...this.#watched].filter(({ shown }) => made.headers.includes(shown))
    const candidates = asked.includes(this.#dispatching as Watched) ? [this.#dispatching as Watched] : asked
    const arrived = candidates.find((one) => made.origin === one.origin || isOwnHost(made.host, one.origin))
    if (arrived === undefined) for (const one of candidates) this.#stray(one)
    else {
      const seen = this.#seen.get(arrived.origin)
      if (seen !== undefined) seen.arrived += 1
      this.release(arrived)
    }
  }

  #stray(request: Watched): void {
    this.#misleads = true
    this.#known = undefined
    this.#astray.add(request)
  }
}

function sentElsewhere(origin: string): TokenClientError {
  const message =
    `The request names ${origin}, and the dispatcher below the interceptor sends it to another origin. ` +
    'Compose on an Agent, or name the origin that the Client or Pool was made for.'
  return new TokenClientError('ERR_UNCERTAIN_ORIGIN', message, { transient: false })
}
