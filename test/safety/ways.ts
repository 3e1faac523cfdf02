import { Agent } from 'node:http'
import got from 'got'
import type { Dispatcher } from 'undici'
import { gotHooks, nodeHttp } from '../../src/adapters/index.ts'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import { bearerInterceptor } from '../../src/bearer/interceptor.ts'
import { routeTable } from '../../src/bearer/routes.ts'
import { dispatchersOf, kinds, majors } from '../support/dispatchers.ts'
import { unobserved } from '../support/tokens.ts'
import { platformFetch, undici } from '../support/undici.ts'
import { type Listeners, onThisMachine } from './two-listeners.ts'

/** One way of sending a request that follows redirects, or does not. */
export interface Way {
  readonly name: string
  /** It sees the whole chain of redirects: after a hop outside the policy it shows no token, at home neither. */
  readonly isStrict?: boolean
  send(target: string | URL, path: string, headers: unknown, servername?: string): Promise<unknown>
}

const redirect = undici.interceptors.redirect({ maxRedirections: 5 })

/** Every way to use the library, in both orders with a redirect interceptor. The answers do not matter here. */
export function waysOf(listeners: Listeners): Way[] {
  const { interceptor } = listeners
  const plain = listeners.agent()
  const composed = plain.compose(interceptor)
  const dispatchers: readonly (readonly [string, Dispatcher])[] = [
    ['request', composed],
    ['request, redirect inside', plain.compose(redirect, interceptor)],
    ['request, redirect outside', plain.compose(interceptor, redirect)],
    ['request, redirect on both sides', plain.compose(redirect, interceptor, redirect)],
    ['request, interceptor twice', plain.compose(interceptor, redirect, interceptor)]
  ]
  // The fetch of Node 22 and 24 needs an interceptor that adapts its handlers, also where no token is added.
  const bare = plain.compose(bearerInterceptor({ source: listeners.tokens, routes: routeTable([]), ...unobserved }))
  const through =
    (dispatcher: Dispatcher): Fetch =>
    (input, init) =>
      platformFetch(input as string, { ...init, dispatcher })
  const fetches: readonly (readonly [string, Fetch])[] = [
    [
      'fetch of undici',
      ((input: string, init: object) => undici.fetch(input, { ...init, dispatcher: composed })) as Fetch
    ],
    ['fetch of the platform', through(composed)],
    ['createFetch', listeners.fetchWithToken(through(bare))],
    ['createFetch through the interceptor', listeners.fetchWithToken(through(composed))]
  ]
  return [
    ...dispatchers.map(([name, dispatcher]) => ({ name, send: sendWith(dispatcher) })),
    ...fetches.map(([name, fetch]) => ({ name, send: fetchWith(fetch), isStrict: name === 'createFetch' })),
    { name: 'node:http', send: nodeHttpWith(listeners) },
    { name: 'got', send: gotWith(listeners), isStrict: true }
  ]
}

/**
 * Every kind of dispatcher of both majors of undici, made for the allowed origin and for another one, with our interceptor and with
 * another one below it. Whatever origin a request names, most of them send to their own.
 */
export function boundWaysOf({ allowed, ports, interceptor }: Listeners): Way[] {
  const elsewhere = `http://evil.internal:${ports.second}`
  const passing: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
    dispatch(options, handler)
  return majors.flatMap((major) =>
    Object.entries(kinds).flatMap(([kind, make]) =>
      [allowed, elsewhere].flatMap((origin) =>
        [[], [passing]].map((below) => {
          const dispatcher = make(dispatchersOf(major), origin, elsewhere, { connect: onThisMachine })
          const send = dispatchTo(dispatcher.compose(...below, interceptor as never))
          return { name: `${kind} of undici ${major} for ${origin}, with ${below.length} below`, send }
        })
      )
    )
  )
}

/** undici 8 as a whole does not load on Node 20, so there is no `request` here. */
function dispatchTo(dispatcher: Dispatcher): Way['send'] {
  return (origin, path, headers, servername) =>
    new Promise<void>((resolve) => {
      const done = () => resolve()
      const options = { origin, path, method: 'GET' as const, headers: headers as string[], ...named(servername) }
      const handler = { onRequestStart() {}, onResponseStart() {}, onResponseData() {}, onResponseEnd: done }
      dispatcher.dispatch(options, { ...handler, onResponseError: done })
    })
}

function named(servername: string | undefined): object {
  return servername === undefined ? {} : { servername }
}

function nodeHttpWith({ client, allowed }: Listeners): Way['send'] {
  const send = nodeHttp(client, { origins: [allowed] })
  const agent = new Agent(onThisMachine)
  return async (origin, path, headers) => {
    const response = await send(urlOf(origin, path), { headers: fieldsOf(headers), agent })
    response.resume()
    return response.statusCode
  }
}

function gotWith({ client, allowed }: Listeners): Way['send'] {
  const agent = { http: new Agent(onThisMachine) }
  const options = {
    hooks: gotHooks(client, { origins: [allowed] }),
    agent,
    retry: { limit: 0 },
    throwHttpErrors: false
  }
  return async (origin, path, headers) => {
    const { statusCode } = await got(urlOf(origin, path), { ...options, headers: fieldsOf(headers) })
    return statusCode
  }
}

function urlOf(origin: string | URL, path: string): string {
  return `${String(origin).replace(/\/$/, '')}${path}`
}

function fieldsOf(headers: unknown): Record<string, string> {
  return Object.fromEntries(new Headers(headers as string[][]))
}

export function sendWith(dispatcher: Dispatcher): Way['send'] {
  return async (origin, path, headers, servername) => {
    const options = { origin, path, method: 'GET' as const, headers: headers as string[], ...named(servername) }
    const { statusCode, body } = await dispatcher.request(options)
    await body.dump()
    return statusCode
  }
}

function fetchWith(fetch: Fetch): Way['send'] {
  return async (origin, path, headers) => {
    const { status, body } = await fetch(urlOf(origin, path), { headers: new Headers(headers as string[][]) })
    await body?.cancel()
    return status
  }
}
