import type { Dispatcher } from 'undici'
import { describe, expect, test } from 'vitest'
import { explain } from '../../src/bearer/explain.ts'
import type { Route } from '../../src/bearer/routes.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { bearerRoad, closing, type Road, read } from '../support/bearer.ts'
import { type Answer, accepting, ok, type ResourceServer, resourceServer } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const { Agent, interceptors } = undici
const redirect = interceptors.redirect({ maxRedirections: 5 })
const admin = tokenRequest({ scope: ['admin'] })

/** Redirects the paths that are named, and answers the others. */
function redirecting(to: Readonly<Record<string, readonly [number, string]>>, others: Answer = ok): Answer {
  return (received, response) => {
    const hop = to[received.url]
    if (hop === undefined) others(received, response)
    else response.writeHead(hop[0], { location: hop[1] }).end()
  }
}

function below({ interceptor }: Road): Dispatcher {
  return closing(new Agent()).compose(redirect, interceptor)
}

function above({ interceptor }: Road, ...between: Dispatcher.DispatcherComposeInterceptor[]): Dispatcher {
  return closing(new Agent()).compose(interceptor, ...between, redirect)
}

async function ask(dispatcher: Dispatcher, url: string, options: object = {}): Promise<number> {
  const { origin, pathname } = new URL(url)
  const { statusCode, body } = await dispatcher.request({ origin, path: pathname, method: 'GET', ...options })
  await body.dump()
  return statusCode
}

function seen({ requests }: ResourceServer): (readonly [string, string, string | undefined])[] {
  return requests.map(({ method, url, authorization }) => [method, url, authorization])
}

describe('W3 a policy with rules for paths', () => {
  const adminOnly = (origin: string): Route[] => [{ origin, path: '/admin/', request: admin }]
  const answer = redirecting({ '/admin/x': [307, '/public/x'] })

  test('is asked at every hop of a redirect interceptor above: what no rule covers gets no token, as explain says', async () => {
    const road = await bearerRoad({ answer, routes: adminOnly })
    expect(await ask(above(road), `${road.server.origin}/admin/x`)).toBe(200)
    expect(seen(road.server)).toEqual([
      ['GET', '/admin/x', 'Bearer t2'],
      ['GET', '/public/x', undefined]
    ])
    expect(explain(road.routes, `${road.server.origin}/public/x`).carriesToken).toBe(false)
  })

  test('lets no redirect interceptor below follow, since it asks nobody: the redirect is the answer', async () => {
    const road = await bearerRoad({ answer, routes: adminOnly })
    expect(await ask(below(road), `${road.server.origin}/admin/x`, { maxRedirections: 3 })).toBe(307)
    expect(seen(road.server)).toEqual([['GET', '/admin/x', 'Bearer t2']])
  })

  test('is asked at every hop with redirect interceptors on both sides', async () => {
    const road = await bearerRoad({ answer, routes: adminOnly })
    const dispatcher = closing(new Agent()).compose(redirect, road.interceptor, redirect)
    expect(await ask(dispatcher, `${road.server.origin}/admin/x`)).toBe(200)
    expect(seen(road.server).map(([, url, authorization]) => [url, authorization])).toEqual([
      ['/admin/x', 'Bearer t2'],
      ['/public/x', undefined]
    ])
  })

  test('gives a second origin its own token, when the redirect interceptor is above', async () => {
    const second = await resourceServer()
    const road = await bearerRoad({
      answer: redirecting({ '/admin/x': [302, `${second.origin}/there`] }),
      routes: (origin) => [...adminOnly(origin), { origin: second.origin, request: read }]
    })
    expect(await ask(above(road), `${road.server.origin}/admin/x`)).toBe(200)
    expect(seen(second)).toEqual([['GET', '/there', 'Bearer t1']])
  })

  test('leaves redirects of requests that carry no token to the interceptor below', async () => {
    const road = await bearerRoad({ answer: redirecting({ '/a': [302, '/b'] }), routes: adminOnly })
    expect(await ask(below(road), `${road.server.origin}/a`)).toBe(200)
  })
})

describe('W3 once a chain has passed an origin outside the policy no later hop gets a token', () => {
  const retry = interceptors.retry({ maxRetries: 1 })

  test.each([
    ['directly above', []],
    ['above retry', [retry]],
    ['above retry twice', [retry, retry]]
  ])('when it begins there, redirect %s', async (_place, between) => {
    const road = await bearerRoad()
    const stranger = await resourceServer(redirecting({ '/x': [307, `${road.server.origin}/internal`] }))
    expect(await ask(above(road, ...between), `${stranger.origin}/x`)).toBe(200)
    expect(seen(road.server)).toEqual([['GET', '/internal', undefined]])
  })

  test('when it goes there and comes back', async () => {
    let stranger = { origin: '' }
    const road = await bearerRoad({
      answer: (received, response) =>
        received.url === '/away'
          ? response.writeHead(302, { location: `${stranger.origin}/x` }).end()
          : ok(received, response)
    })
    stranger = await resourceServer(redirecting({ '/x': [302, `${road.server.origin}/internal`] }))
    expect(await ask(above(road), `${road.server.origin}/away`)).toBe(200)
    expect(seen(road.server).map(([, url, authorization]) => [url, authorization])).toEqual([
      ['/away', 'Bearer t1'],
      ['/internal', undefined]
    ])
  })

  test('while a handler that keeps a history of another kind costs nothing', async () => {
    const { agent, server } = await bearerRoad()
    await new Promise<void>((resolve, reject) => {
      agent.dispatch(
        { origin: server.origin, path: '/', method: 'GET' },
        {
          ...{ history: ['https://elsewhere.example/'], handler: null },
          onRequestStart() {},
          onResponseStart() {},
          onResponseData() {},
          onResponseEnd: () => resolve(),
          onResponseError: (_, error) => reject(error)
        }
      )
    })
    expect(seen(server)).toEqual([['GET', '/', 'Bearer t1']])
  })
})

describe.each(['below', 'above'])('W39 a redirect interceptor %s', (place) => {
  const composed = (road: Road) => (place === 'below' ? below(road) : above(road))

  test('brings a foreign 401 after a POST: our token stays, and nothing is posted twice', async () => {
    const stranger = await resourceServer(accepting('nobody'))
    const road = await bearerRoad({ answer: redirecting({ '/orders': [303, `${stranger.origin}/there`] }) })
    const status = await ask(composed(road), `${road.server.origin}/orders`, { method: 'POST', body: 'order' })
    expect(status).toBe(401)
    expect(seen(road.server)).toEqual([['POST', '/orders', 'Bearer t1']])
    expect(seen(stranger)).toEqual([['GET', '/there', undefined]])
    expect(road.tokens.issued).toBe(1)
    expect(road.rejections).toEqual([])
  })

  test('brings a 401 of the same origin after a POST: another token is asked for, and nothing is posted twice', async () => {
    const road = await bearerRoad({
      answer: redirecting({ '/orders': [303, '/order/1'] }, accepting('t2'))
    })
    const status = await ask(composed(road), `${road.server.origin}/orders`, { method: 'POST', body: 'order' })
    expect(seen(road.server).filter(([method]) => method === 'POST')).toHaveLength(1)
    expect(status).toBe(place === 'below' ? 401 : 200) // above, only the refused hop is repeated
    expect(road.tokens.issued).toBe(2)
    expect(road.rejections).toHaveLength(1)
  })
})

test('W39 a 401 after a way through another origin and back refuses no token: undici has taken it out', async () => {
  let stranger = { origin: '' }
  const road = await bearerRoad({
    answer: (received, response) =>
      received.url === '/away'
        ? response.writeHead(302, { location: `${stranger.origin}/x` }).end()
        : accepting('t1')(received, response)
  })
  stranger = await resourceServer(redirecting({ '/x': [302, `${road.server.origin}/back`] }))
  expect(await ask(below(road), `${road.server.origin}/away`)).toBe(401)
  expect(seen(road.server).map(([, url, authorization]) => [url, authorization])).toEqual([
    ['/away', 'Bearer t1'],
    ['/back', undefined]
  ])
  expect(road.tokens.issued).toBe(1)
})
