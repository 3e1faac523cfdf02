import type { Dispatcher } from 'undici'
import { onTestFinished } from 'vitest'
import { bearerFetch } from '../../src/bearer/fetch.ts'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import { bearerInterceptor } from '../../src/bearer/interceptor.ts'
import { type Route, type Routes, routeTable } from '../../src/bearer/routes.ts'
import { systemClock } from '../../src/clock.ts'
import type { Rejected } from '../../src/events.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { type Answer, type ResourceServer, type ResourceServerOptions, resourceServer } from './resource-server.ts'
import { type TestTokens, testTokens } from './tokens.ts'
import { undici } from './undici.ts'

export const read = tokenRequest({ scope: ['read'] })

export interface Road {
  readonly server: ResourceServer
  readonly tokens: TestTokens
  readonly routes: Routes
  readonly interceptor: Dispatcher.DispatcherComposeInterceptor
  /** An Agent with the interceptor. */
  readonly agent: Dispatcher
  readonly rejections: readonly Rejected[]
}

export interface RoadOptions {
  readonly answer?: Answer
  readonly early?: ResourceServerOptions['early']
  /** Whether a token is at hand before the first request. */
  readonly warm?: boolean
  readonly routes?: (origin: string) => readonly Route[]
}

/** A resource server, tokens for its origin, and an Agent that carries them there. */
export async function bearerRoad({ answer, early, warm = true, routes }: RoadOptions = {}): Promise<Road> {
  const server = await resourceServer(answer, { early })
  const tokens = testTokens({ warm: warm ? [read] : [] })
  const rejections: Rejected[] = []
  const table = routeTable(routes?.(server.origin) ?? [{ origin: server.origin, request: read }])
  const interceptor = bearerInterceptor({
    source: tokens,
    routes: table,
    clock: systemClock,
    emit: (name, event) => void (name === 'rejected' && rejections.push(event as Rejected))
  })
  const agent = closing(new undici.Agent()).compose(interceptor)
  return { server, tokens, routes: table, interceptor, agent, rejections }
}

export interface FetchRoad extends Road {
  readonly fetchWithToken: Fetch
}

/** The same with a `fetch` that carries them. */
export async function fetchRoad(options: RoadOptions = {}, baseFetch?: Fetch): Promise<FetchRoad> {
  const road = await bearerRoad(options)
  const emit = (_: unknown, event: unknown) => void (road.rejections as unknown[]).push(event)
  return {
    ...road,
    fetchWithToken: bearerFetch({ source: road.tokens, routes: road.routes, clock: systemClock, emit, baseFetch })
  }
}

/** Ends a dispatcher with the test. */
export function closing<D extends Dispatcher>(dispatcher: D): D {
  onTestFinished(() => dispatcher.destroy())
  return dispatcher
}

/** Lets all ready callbacks run. */
export async function settled(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits until a condition holds. The timeout of the test ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  let over = false
  onTestFinished(() => {
    over = true
  })
  while (!condition() && !over) await new Promise((resolve) => setImmediate(resolve))
}
