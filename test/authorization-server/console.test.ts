import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { layout } from '../../src/authorization-server/console/graph-layout.ts'
import { type AdminServer, adminServer, bareRequest } from './admin.ts'
import { changedRegistry, type Json } from './three-services.ts'

async function usedServer(options = {}): Promise<AdminServer> {
  const server = await adminServer(options)
  await server.ask('shop')
  await server.ask('billing')
  await server.ask('billing', { scope: 'write_user' })
  server.registry.withdraw('billing', 'users')
  return server
}

const paths = [
  '/',
  '/?view=graph',
  '/?view=faults&way=3',
  '/?c=orders&s=users',
  '/?c=orders',
  '/?s=users',
  '/console/save?c=orders&s=users&scope=read_user&life=60',
  '/console/withdraw?c=orders&s=users',
  '/console/try?c=orders&s=users',
  '/console/rotate',
  '/console/keys',
  '/console/overview.svg',
  '/console/overview.mmd',
  '/console/overview.csv',
  '/console/registry.json'
]

test('nothing secret is in the page, in a dialog or in an export, and none of them can be cached, or framed by another site', async () => {
  const { issuer } = await usedServer()
  for (const path of paths) {
    const response = await fetch(issuer + path)
    const text = await response.text()
    expect([path, response.status]).toEqual([path, 200])
    expect(text, path).not.toMatch(/marker-(shop|orders|billing|nobody)|eyJ/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('the page has one script of ten KiB at most, and its markup contains no code and no style', async () => {
  const { issuer } = await usedServer()
  const text = await (await fetch(`${issuer}/?c=orders&s=users`)).text()
  expect(text.match(/<script[^>]*>/g)).toEqual(['<script src="/console/page.js" defer>'])
  expect(text).not.toMatch(/ on\w+=| style=|javascript:/)
  const policy = (await fetch(issuer)).headers.get('content-security-policy')
  expect(policy).toMatch(/script-src 'self'; style-src 'self'/)
  expect(policy).not.toContain('unsafe')
  expect(statSync(new URL('../../src/authorization-server/console/page.js', import.meta.url)).size).toBeLessThanOrEqual(
    10 * 1024
  )
  for (const [name, type] of [
    ['page.js', 'text/javascript'],
    ['page.css', 'text/css'],
    ['icon.svg', 'image/svg']
  ] as const)
    expect((await fetch(`${issuer}/console/${name}`)).headers.get('content-type')).toContain(type)
})

test('the page is served only to this origin, only with GET, and under no other path', async () => {
  const { issuer } = await usedServer()
  for (const path of paths) {
    expect((await bareRequest(issuer + path, { host: 'attacker.test' })).status).toBe(403)
    expect((await bareRequest(issuer + path, {}, 'POST', '{}')).status).toBe(405)
    expect((await bareRequest(issuer + path, {}, 'HEAD')).body).toBe('')
  }
  for (const path of [
    '/console/',
    '/console/nothing',
    '/console/../page.ts',
    '/console/page.ts',
    '/console/constructor'
  ])
    expect((await bareRequest(issuer + path, {})).status).toBe(404)
  expect(
    (await bareRequest(`${issuer}/`, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status
  ).toBe(200)
})

test('with an admin secret the page asks for it, and shows nothing before', async () => {
  const { issuer } = await usedServer({ adminSecret: 'marker-admin-secret-1' })
  const page = await fetch(issuer)
  expect(page.status).toBe(401)
  expect(await page.text()).toMatch(/Admin secret(?!.*shop)/s)
  for (const path of paths.slice(6)) expect((await fetch(issuer + path)).status).toBe(401)
  expect((await fetch(`${issuer}/console/events`)).status).toBe(401)
  expect((await fetch(`${issuer}/console/page.js`)).status).toBe(200)
})

test('a dialog for something that does not exist says why there is none', async () => {
  const { issuer } = await usedServer()
  for (const [path, reason] of [
    ['/console/save?c=ghost&s=users&life=60', /no client/],
    ['/console/save?c=orders&s=mail&life=60', /"mail", which is not a service/],
    ['/console/save?c=orders&s=users&life=soon', /in milliseconds/],
    ['/console/withdraw?c=shop&s=users', /has already been withdrawn/],
    ['/console/try?c=ghost&s=users', /no client/]
  ] as const)
    expect(((await (await fetch(issuer + path)).json()) as Json).error_description).toMatch(reason)
})

test('the exports say the same as the table', async () => {
  const { issuer } = await usedServer()
  const text = async (path: string) => (await fetch(`${issuer}/console/${path}`)).text()
  expect((await text('overview.csv')).split('\r\n')).toEqual([
    '"client","service","scope","roles","state","tokens","last token","tokens out","last ends"',
    expect.stringMatching(/^"shop","orders","place_order","","used","1","20.*Z","1","20.*Z"$/),
    '"orders","users","read_user","support","unused","0","","0",""',
    '"orders","billing","charge refund","","unused","0","","0",""',
    expect.stringMatching(/^"billing","users","","","expiring","1",/),
    ''
  ])
  expect(await text('overview.mmd')).toBe(`flowchart LR
  n0["shop"]
  n1["orders"]
  n2["billing"]
  n3["nobody"]
  n4["users"]
  n0 -->|"place_order"| n1
  n1 -.->|"read_user"| n4
  n1 -.->|"charge refund"| n2
  n2 --x|"read_user"| n4
`)
  const svg = await text('overview.svg')
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  expect(svg.match(/class="line \w+"/g)).toHaveLength(4)
  expect(await text('overview.csv?service=billing')).toMatch(/"orders","billing"(?!.*"shop")/s)
  expect(JSON.parse(await text('registry.json')).clients[0].clientSecret).toEqual({ env: 'SHOP_SECRET' })
})

test('a name that a spreadsheet or Mermaid would take for code stays a name', async () => {
  const registry = changedRegistry(({ clients }) => {
    clients[0].clientId = '=HYPERLINK("x")'
    clients[1].clientId = 'a"]; click n0'
  })
  const { issuer } = await adminServer({ registry })
  expect(await (await fetch(`${issuer}/console/overview.csv`)).text()).toContain(`"'=HYPERLINK(""x"")"`)
  expect(await (await fetch(`${issuer}/console/overview.mmd`)).text()).toContain('n1["a#34;#93;#59; click n0"]')
})

test('the page stays small with 400 clients and 400 services', async () => {
  const services = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [`s${index}`, { audience: `u${index}` }])
  )
  const clients = Array.from({ length: 400 }, (_, index) => ({
    clientId: `c${index}`,
    clientSecret: 'x',
    may: { [`s${index}`]: {} }
  }))
  const { issuer } = await adminServer({ registry: { services, clients } })
  expect((await (await fetch(issuer)).text()).length).toBeLessThan(700_000)
  expect(await (await fetch(`${issuer}/?view=graph`)).text()).toMatch(/The graph can show 60 names, but there are 800/)
  expect(await (await fetch(`${issuer}/?view=graph&service=s7`)).text()).toMatch(/c7 may call s7/)
})

const placesOf = (names: readonly string[], ...arrows: [string, string][]) =>
  layout(
    names,
    arrows.map(([from, to]) => ({ from, to }))
  )

test('the graph has callers to the left of their services, and a long arrow passes beside the boxes in between', () => {
  const { columns, passes } = placesOf(
    ['shop', 'orders', 'billing', 'users'],
    ['shop', 'orders'],
    ['orders', 'billing'],
    ['billing', 'users'],
    ['orders', 'users']
  )
  const [pass = ''] = passes({ from: 'orders', to: 'users' })
  expect(columns).toEqual([['shop'], ['orders'], ['billing', pass], ['users']])
})

test('a cycle and a service that calls itself are drawn too', () => {
  const { columns } = placesOf(['a', 'b', 'c'], ['a', 'b'], ['b', 'c'], ['c', 'a'], ['b', 'b'])
  expect(columns).toEqual([['a'], ['b'], ['c']])
  expect(placesOf([]).columns).toEqual([])
})

test('arrows are arranged so that they do not cross', () => {
  const { columns } = placesOf(['a', 'b', 'c', 'd'], ['a', 'd'], ['b', 'c'])
  expect(columns[1]).toEqual(['d', 'c'])
})
