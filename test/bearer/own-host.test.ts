import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { isOwnHost, isOwnServername } from '../../src/bearer/own-host.ts'
import { selfSigned } from '../http/certificate.ts'
import { bearerRoad, closing, type Road, read } from '../support/bearer.ts'
import { undici } from '../support/undici.ts'

const { Agent, fetch, request } = undici

const hostsElsewhere = [
  'evil.test',
  'users.test.evil.test',
  'users.test:8443',
  'users.test.',
  'user@users.test',
  'users.test@evil.test',
  'users.test, evil.test',
  'users.test/path',
  'users.test?query',
  '',
  ' '
]

test.each(hostsElsewhere)('W4 a Host of %j is not the own one of https://users.test', (host) => {
  expect(isOwnHost(host, 'https://users.test')).toBe(false)
})

test.each([
  ['users.test', 'https://users.test'],
  ['Users.TEST:443', 'https://users.test'],
  ['users.test:8443', 'https://users.test:8443'],
  ['127.0.0.1:80', 'http://127.0.0.1'],
  ['[::1]:8080', 'http://[::1]:8080'],
  ['bücher.test', 'https://xn--bcher-kva.test']
])('W4 a Host of %s is the own one of %s', (host, origin) => {
  expect(isOwnHost(host, origin)).toBe(true)
})

test.each<[unknown, boolean]>([
  [undefined, true],
  [null, true],
  ['', true],
  ['users.test', true],
  ['USERS.test', true],
  ['evil.test', false],
  ['users.test:443', false],
  [{ toLowerCase: () => 'users.test' }, false]
])('W4 a servername of %s is the own one of https://users.test: %s', (servername, own) => {
  expect(isOwnServername(servername, 'https://users.test')).toBe(own)
})

interface Seen {
  readonly servername: TLSSocket['servername']
  readonly host: string | undefined
  readonly authorization: string | undefined
}

/** A server with many names, and a client whose policy has one of them. */
async function virtualHosts(): Promise<Road & { readonly origin: string; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer(selfSigned(), ({ socket, headers: { host, authorization } }, response) => {
    seen.push({ servername: (socket as TLSSocket).servername, host, authorization })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  const origin = `https://users.test:${(server.address() as AddressInfo).port}`
  const road = await bearerRoad({ routes: () => [{ origin, request: read }] })
  const lookup = (_: string, options: { all?: boolean }, found: (...answer: unknown[]) => void) =>
    options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)
  const connect = { rejectUnauthorized: false, lookup } as object
  return { ...road, origin, seen, agent: closing(new Agent({ connect })).compose(road.interceptor) }
}

const forms: readonly (readonly [string, (host: string) => unknown])[] = [
  ['an object', (host) => ({ host })],
  ['another case', (host) => ({ HOST: host })],
  ['a flat list', (host) => ['x-user', 'kept', 'Host', host]],
  ['pairs', (host) => [['host', host]]],
  ['a Map', (host) => new Map([['host', host]])],
  ['Headers', (host) => new Headers({ host })],
  ['a generator', (host) => Object.entries({ host }).values()],
  ['an own one beside another', (host) => ['host', new URL(`https://${host}`).host, 'host', 'users.test']]
]

test.each(forms)(
  'W4 with the Host of another service in %s nothing is sent, and the error says why',
  async (_, make) => {
    const { agent, origin, seen } = await virtualHosts()
    const sent = agent.request({ origin, path: '/', method: 'GET', headers: make('evil.test') as string[] })
    await expect(sent).rejects.toMatchObject({ code: 'ERR_UNCERTAIN_ORIGIN', transient: false })
    await expect(sent).rejects.toThrow(`is not that of ${origin}`)
    await expect(sent).rejects.not.toThrow('evil.test')
    expect(seen).toEqual([])
  }
)

test('W4 a Host that fetch is given never leaves: fetch takes it out by itself', async () => {
  const { agent, origin, seen } = await virtualHosts()
  await (await fetch(origin, { dispatcher: agent, headers: { host: 'evil.test' } })).text()
  expect(seen).toEqual([{ servername: 'users.test', host: new URL(origin).host, authorization: 'Bearer t1' }])
})

test('W4 so it is with a servername of another service, whatever form the options have', async () => {
  const { agent, origin, seen } = await virtualHosts()
  const options = { origin, path: '/', method: 'GET', servername: 'evil.test' } as const
  await expect(agent.request(options)).rejects.toMatchObject({ code: 'ERR_UNCERTAIN_ORIGIN' })
  let reads = 0
  const changing = Object.defineProperty({ ...options }, 'servername', {
    enumerable: true,
    get: () => (reads++ === 0 ? 'users.test' : 'evil.test')
  })
  await (await agent.request(changing)).body.dump()
  expect(seen).toMatchObject([{ servername: 'users.test', authorization: 'Bearer t1' }])
})

test('W4 the own Host and servername cost nothing: the token goes out, and undici writes the Host', async () => {
  const { agent, origin, seen } = await virtualHosts()
  const { host } = new URL(origin)
  for (const headers of [{ host }, ['Host', host.toUpperCase()], new Map([['host', host]])]) {
    const options = { origin, path: '/', method: 'GET', headers, servername: 'users.test' } as const
    await (await agent.request(options as never)).body.dump()
  }
  const expected = { servername: 'users.test', host, authorization: 'Bearer t1' }
  expect(seen).toEqual([expected, expected, expected])
})

test("W4 with the caller's own Authorization, and to origins of no rule, Host and servername are left to the caller", async () => {
  const { agent, origin, seen } = await virtualHosts()
  const own = { host: 'evil.test', authorization: 'Basic mine' }
  await (await agent.request({ origin, path: '/', method: 'GET', headers: own })).body.dump()
  const elsewhere = origin.replace('users', 'other')
  await (await request(elsewhere, { dispatcher: agent, headers: { host: 'evil.test' } })).body.dump()
  expect(seen).toEqual([
    { servername: 'evil.test', host: 'evil.test', authorization: 'Basic mine' },
    { servername: 'evil.test', host: 'evil.test', authorization: undefined }
  ])
})
