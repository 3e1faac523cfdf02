import { expect, test } from 'vitest'
import { explain } from '../../src/bearer/explain.ts'
import { normalisePath, routeTable } from '../../src/bearer/routes.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { createTokenClient } from '../../src/token-client/token-client.ts'
import { bearerRoad } from '../support/bearer.ts'
import { accepting } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const users = 'https://users.internal'
const orders = 'https://orders.internal'

function client(): ReturnType<typeof createTokenClient> {
  return createTokenClient({
    tokenEndpoint: 'https://auth.internal/token',
    clientId: 'c',
    clientSecret: 's',
    scope: ['default'],
    audience: 'everybody'
  })
}

const { explain: explained } = client().interceptor({
  routes: {
    [users]: { scope: ['read_user'] },
    [`${orders}/admin/`]: { scope: ['admin'], audience: 'orders' },
    [`${orders}/admin/audit`]: { scope: 'audit' },
    [`${orders}/caf%C3%A9`]: { scope: 'cafe' },
    [`${orders}/a%2Fb`]: { scope: 'slash' }
  }
})

test.each([
  [`${users}/`, ['read_user']],
  [`${users}/anything?a=b`, ['read_user']],
  [`${orders}/admin/`, ['admin']],
  [`${orders}/admin/users`, ['admin']],
  [`${orders}/admin/auditors`, ['admin']],
  [`${orders}/admin/audit`, ['audit']],
  [`${orders}/admin/audit/1`, ['audit']],
  [`${orders}/admin`, undefined],
  [`${orders}/administrators`, undefined],
  [`${orders}/ADMIN/`, undefined],
  [`${orders}/public`, undefined],
  [`${orders}/public/../admin/x`, ['admin']],
  [`${orders}/public/%2e%2e/admin/x`, ['admin']],
  [`${orders}/%61dmin/x`, ['admin']],
  [`${orders}/public/.hidden/../../admin/x`, ['admin']],
  [`${orders}/admin/.hidden/../../public`, undefined],
  [`${orders}/admin/../public`, undefined],
  [`${orders}/admin/%2E%2E/public`, undefined],
  [`${orders}\\admin\\x`, ['admin']],
  [`${orders}//admin/x`, undefined],
  [`${orders}/caf%c3%a9/1`, ['cafe']],
  [`${orders}/café/1`, ['cafe']],
  [`${orders}/a%2fb/c`, ['slash']],
  [`${orders}/a/b/c`, undefined],
  ['http://users.internal/', undefined],
  ['https://users.internal:444/', undefined],
  ['https://USERS.internal:443/', ['read_user']],
  ['https://users.internal./', undefined]
])('the longest path prefix of the right origin decides for %s', (url, scope) => {
  expect(explained(url).scope).toEqual(scope)
  expect(explained(new URL(url)).carriesToken).toBe(scope !== undefined)
})

test('a rule uses the defaults of the client for everything that it does not name', () => {
  const { scope, audience, rule } = explained(`${orders}/admin/audit/1`)
  expect({ scope, audience, rule }).toEqual({
    scope: ['audit'],
    audience: 'everybody',
    rule: `${orders}/admin/audit`
  })
})

test.each([
  ['users', 'It is not an absolute URL.'],
  ['https://u:p@users.internal/', 'It contains a user name or password.'],
  ['https://other.internal/', 'No rule names https://other.internal.'],
  [
    'http://users.internal/',
    'No rule names http://users.internal. The policy names https://users.internal. Scheme and port must match.'
  ],
  [
    `${orders}/x?secret=1`,
    `No rule of ${orders} covers /x. Its path prefixes are: /admin/audit, /caf%C3%A9, /admin/, /a%2Fb.`
  ],
  [`${users}/?access_token=1`, 'The request is refused, because its query contains `access_token`.'],
  [`${users}/x`, `The rule ${users}/ covers every path of its origin that no longer prefix covers.`],
  [`${orders}/admin/x`, `The rule ${orders}/admin/ has the longest path prefix of /admin/x.`]
])('explain says of %s in one sentence why it gets a token or none', (url, reason) => {
  expect(explained(url).reason).toBe(reason)
})

test('explain of fetch says the same', async () => {
  const tokens = client()
  expect(tokens.createFetch({ origins: [users] }).explain(users)).toEqual(
    tokens.interceptor({ origins: [users] }).explain(users)
  )
  await tokens.close()
})

test('one origin with rules for the root and for a path: each request gets the token of its own rule, kept apart', async () => {
  const read = tokenRequest({ scope: ['read'] })
  const admin = tokenRequest({ scope: ['admin'] })
  const { server, agent, rejections } = await bearerRoad({
    answer: accepting('t1', 't3'),
    routes: (origin) => [
      { origin, request: read },
      { origin, path: '/admin/', request: admin }
    ]
  })
  for (const path of ['/users', '/admin/x', '/users', '/admin/x']) {
    const { body } = await undici.request(server.origin + path, { dispatcher: agent })
    await body.dump()
  }
  const sent = server.requests.map(({ url, authorization }) => [url, authorization])
  expect(sent).toEqual([
    ['/users', 'Bearer t1'],
    ['/admin/x', 'Bearer t2'],
    ['/admin/x', 'Bearer t3'], // a rejected token of one rule costs the other nothing
    ['/users', 'Bearer t1'],
    ['/admin/x', 'Bearer t3']
  ])
  expect(rejections.map(({ serial, scope }) => [serial, scope])).toEqual([[2, ['admin']]])
})

test('what explain says is what a dispatch does, for paths in every spelling', async () => {
  const admin = tokenRequest({ scope: ['admin'] })
  const { server, agent, routes } = await bearerRoad({
    routes: (origin) => [{ origin, path: '/admin', request: admin }]
  })
  const paths = [
    '/admin',
    '/admin?x',
    '/admin/',
    '/admins',
    '/x/../admin',
    '/%61dmin',
    '/a/./../admin/x',
    '//admin',
    '/x?/admin'
  ]
  for (const path of paths) {
    const { body } = await agent.request({ origin: server.origin, path, method: 'GET' })
    await body.dump()
  }
  const sent = server.requests.map(({ url, authorization }) => [url, authorization !== undefined])
  expect(sent).toEqual(paths.map((path) => [path, explain(routes, server.origin + path).carriesToken]))
  expect(routeTable([]).find(server.origin, '/')).toBeUndefined()
})

test('a rule far above the path decides when none below it does, beside rules for other and deeper paths', () => {
  const paths = ['/', '/a', '/a/b/c/d/e/f', '/long-and-elsewhere/x/y/z']
  const { find } = routeTable(paths.map((path) => ({ origin: users, path, request: tokenRequest({}) })))
  const asked = ['/', '/x/y', '/a', '/a/x/y/z', '/a/b/c', '/a/b/c/d/e/f/g/h', '/ab/c', '/long-and-elsewhere/x/y/z/']
  expect(asked.map((path) => find(users, path)?.path)).toEqual([
    '/',
    '/',
    '/a',
    '/a',
    '/a',
    '/a/b/c/d/e/f',
    '/',
    '/long-and-elsewhere/x/y/z'
  ])
})

test.each([
  ['/.x/../a', '/a'],
  ['/.x/./a', '/.x/a'],
  ['/.x/.', '/.x/'],
  ['/a/.x/..', '/a/'],
  ['/.x/..', '/'],
  ['/.x/../..', '/'],
  ['/.x/../../../a', '/a'],
  ['/.x', '/.x']
])('segments of dots in %s leave %s, also behind a segment that begins with one', (path, normalised) => {
  expect(normalisePath(path)).toBe(normalised)
})

const ambiguous = [
  '/orders/..%2ft',
  '/orders/..%2F..%2ft',
  '/orders/..%5ct',
  '/orders/..\\t',
  '/orders/..;/t',
  '/orders/..;a=b/t',
  '/orders/%2e%2e;/t',
  '/orders/.;/../t',
  '/orders/;/../t',
  '/orders//../t',
  '/orders/x//../../t',
  '/orders/..%3b/t',
  '/orders/..%252ft',
  '/orders/%252e%252e/t',
  '/orders/..%25252ft',
  '/orders/%c0%ae%c0%ae/t',
  '/orders/%e0%80%ae%e0%80%ae/t',
  '/orders/\xc0\xae\xc0\xae/t',
  '/orders/..%00/t',
  '/orders/x#/../../t',
  '/orders/..%3f/t',
  '/orders/..%23/t',
  '/orders/.%09./t',
  '/orders/..%0d%0a/t',
  '/orders/%25%32%65%25%32%65/t',
  '/orders/%%32%65%%32%65/t',
  '/orders/%uff0e%uff0e/t',
  '/orders/%u002e%u002e/t',
  '/orders/%ef%bc%8e%ef%bc%8e/t',
  '/orders/..%ef%bc%8ft',
  '/orders/..%EF%BC%BCt',
  '/orders/%e2%80%a5/t',
  '/orders/..%u2215t',
  '/orders/..%e2%88%95t',
  '/orders/..%e2%88%96t',
  '/orders/..%E2%81%84t',
  '/orders/..%20/t',
  '/orders/..%20%20%5ct',
  '/orders/x/../..%20',
  '/orders/admin%20/1',
  '/orders/%2561dmin/1',
  '/orders/%ef%bc%8fadmin/1',
  '/orders/admin;x/1',
  '/orders//admin/1',
  '/orders/%2fadmin/1',
  '/orders/x%2f../admin/1'
]

test.each(ambiguous)('W6 %s is read in more than one way, so only the rule for the whole origin takes it', (path) => {
  const orders = { origin: users, path: '/orders/', request: tokenRequest({ scope: ['orders'] }) }
  const inner = { origin: users, path: '/orders/admin/', request: tokenRequest({ scope: ['admin'] }) }
  const whole = { origin: users, request: tokenRequest({}) }
  expect(routeTable([orders, inner]).find(users, path)).toBeUndefined()
  expect(routeTable([orders, inner, whole]).find(users, `${path}?a=b`)?.path).toBeUndefined()
  expect(routeTable([orders, inner, whole]).find(users, path)?.request).toBe(whole.request)
})

test.each([
  ['/api/v4/projects/group%2Fproject', '/api/v4/'],
  ['/api/v4//projects', '/api/v4/'],
  ['/api/v4/projects;page=1/x', '/api/v4/'],
  ['/api/v4/a%5cb', '/api/v4/'],
  ['/api/v4/100%25', '/api/v4/'],
  ['/api/v4/a%2f..%2fb', '/api/v4/'],
  ['/api/v4/what%3f/x', '/api/v4/'],
  ['/api/v4/issue%231', '/api/v4/'],
  ['/api/v4/two%0alines', '/api/v4/'],
  ['/api/v4/more%e2%80%a6', '/api/v4/'],
  ['/api/v4/%u4e2d', '/api/v4/'],
  ['/api/v4/a%2520b', '/api/v4/'],
  ['/api/v4/a%20/b%20', '/api/v4/'],
  ['/api/v4/1%e2%81%842', '/api/v4/'],
  ['/api/v4/100%ef%bc%85', '/api/v4/'],
  ['/a%2Fb/c', '/a%2Fb'],
  ['/a%2fb', '/a%2Fb'],
  ['/api/v4/x?next=/../..%2f', '/api/v4/']
])('W6 %s lies under %s however it is read, and keeps that rule', (path, rule) => {
  const rules = ['/api/v4/', '/a%2Fb'].map((own) => ({ origin: users, path: own, request: tokenRequest({}) }))
  expect(routeTable(rules).find(users, path)?.path).toBe(rule)
})

test('W6 a path that leads out of its rule on some servers carries no token, and explain says why', async () => {
  const { server, agent, routes } = await bearerRoad({
    routes: (origin) => [{ origin, path: '/orders/', request: tokenRequest({}) }]
  })
  for (const path of ['/orders/..%2ft', '/orders/..;/t', '/orders//../t', '/orders/1']) {
    await (await agent.request({ origin: server.origin, path, method: 'GET' })).body.dump()
  }
  expect(server.requests.map(({ authorization }) => authorization !== undefined)).toEqual([false, false, false, true])
  const { carriesToken, reason } = explain(routes, `${server.origin}/orders/..%2ft`)
  expect(carriesToken).toBe(false)
  expect(reason).toBe(
    `Servers read /orders/..%2Ft in more than one way, so only a rule for all of ${server.origin} could cover it.`
  )
})

test('W6 explain says so too where the rule for the whole origin takes such a path', () => {
  const routes = routeTable([
    { origin: users, request: tokenRequest({}) },
    { origin: users, path: '/orders/', request: tokenRequest({}) }
  ])
  const { rule, reason } = explain(routes, `${users}/orders/..;/t`)
  expect(rule).toBe(`${users}/`)
  expect(reason).toBe(
    `Servers read /orders/..;/t in more than one way, so the rule ${users}/ for the whole origin covers it.`
  )
})

test('W6 a rule whose own path nobody can read with certainty is refused', () => {
  expect(() => client().interceptor({ routes: { [`${users}/a%00b/`]: {} } })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining('more than one way') })
  )
})
