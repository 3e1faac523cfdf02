import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import { fetchRoad, read, settled, until } from '../support/bearer.ts'
import { accepting, resourceServer } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

type Given = Parameters<Fetch>

/** The input of a caller, and how the caller changes it afterwards. */
interface Changing {
  readonly given: Given
  change(): void
}

const post = { method: 'POST' } as const

const changes: Readonly<Record<string, (home: string, evil: string) => Changing>> = {
  'a URL': (home, evil) => {
    const url = new URL(home)
    return { given: [url], change: () => void Object.assign(url, { href: evil }) }
  },
  'an object whose text changes': (home, evil) => {
    let reads = 0
    return { given: [{ toString: () => (reads++ === 0 ? home : evil) } as unknown as URL], change() {} }
  },
  'a Request that says another URL of itself': (home, evil) => {
    const request = new Request(home)
    return { given: [request], change: () => void Object.defineProperty(request, 'url', { value: evil }) }
  },
  'the headers of a Request': (home) => {
    const request = new Request(home)
    return { given: [request], change: () => request.headers.set('x-user', 'changed') }
  },
  'fields of the init': (home) => {
    const init: RequestInit = { ...post, body: 'sent' }
    return { given: [home, init], change: () => void Object.assign(init, { method: 'DELETE', body: 'changed' }) }
  },
  'an object of headers': (home) => {
    const headers: Record<string, string> = {}
    return { given: [home, { headers }], change: () => Object.assign(headers, { 'x-user': 'changed' }) }
  },
  Headers: (home) => {
    const headers = new Headers()
    return { given: [home, { headers }], change: () => headers.set('x-user', 'changed') }
  },
  bytes: (home) => {
    const body = new TextEncoder().encode('sent')
    return { given: [home, { ...post, body }], change: () => void body.fill(0) }
  },
  'a part of a buffer': (home) => {
    const body = Buffer.from('not sent').subarray(4)
    return { given: [home, { ...post, body }], change: () => void body.fill(0) }
  },
  'an ArrayBuffer': (home) => {
    const body = new TextEncoder().encode('sent')
    return { given: [home, { ...post, body: body.buffer }], change: () => void body.fill(0) }
  },
  URLSearchParams: (home) => {
    const body = new URLSearchParams({ a: 'sent' })
    return { given: [home, { ...post, body }], change: () => body.set('a', 'changed') }
  },
  FormData: (home) => {
    const body = new FormData()
    body.set('a', 'sent')
    return { given: [home, { ...post, body }], change: () => body.set('a', 'changed') }
  },
  'the body of a Request': (home) => {
    const body = new TextEncoder().encode('sent')
    return { given: [new Request(home, { ...post, body })], change: () => void body.fill(0) }
  }
}

const rows = Object.entries(changes).map(([what, make]) => ({ what, make }))

test.each(rows)('W2 $what changed while a token is awaited changes nothing of what is sent', async ({ make }) => {
  const evil = await resourceServer()
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  tokens.hold()
  const { given, change } = make(`${server.origin}/users`, evil.origin)
  const sent = fetchWithToken(...given)
  change()
  await until(() => tokens.waiting === 1)
  change()
  tokens.open()
  expect((await sent).status).toBe(200)
  expect(evil.requests).toEqual([])
  expect(server.requests).toMatchObject([{ url: '/users', authorization: 'Bearer t1' }])
  expect(JSON.stringify(server.requests)).not.toMatch(/changed|DELETE|\\u0000/)
})

test.each(rows)('W2 $what changed before the second attempt changes nothing of it', async ({ make }) => {
  const evil = await resourceServer()
  const { fetchWithToken, server, tokens } = await fetchRoad({ answer: accepting('t2') })
  tokens.hold()
  const { given, change } = make(`${server.origin}/users`, evil.origin)
  const sent = fetchWithToken(...given)
  await until(() => tokens.waiting === 1)
  change()
  tokens.open()
  expect((await sent).status).toBe(200)
  expect(evil.requests).toEqual([])
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
  expect(JSON.stringify(server.requests)).not.toMatch(/changed|DELETE|\\u0000/)
})

test('W2 a Request that says the URL of the policy and means another gets no token', async () => {
  const evil = await resourceServer()
  const { fetchWithToken, server } = await fetchRoad()
  const lying = Object.defineProperty(new Request(`${evil.origin}/x`), 'url', { value: server.origin })
  await fetchWithToken(lying)
  expect(server.requests).toEqual([])
  expect(evil.requests.map(({ authorization }) => authorization)).toEqual([undefined])
})

test('W2 D20 an Authorization that a Request hides is still the caller’s own, and goes out alone', async () => {
  const { fetchWithToken, server } = await fetchRoad()
  const request = new Request(server.origin, { ...post, body: 'sent', headers: { authorization: 'Basic mine' } })
  await fetchWithToken(Object.defineProperty(request, 'headers', { value: new Headers() }))
  expect(server.requests).toMatchObject([{ authorization: 'Basic mine', body: 'sent' }])
})

test('W2 a Request is used up at the call, as it is by the platform', async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  tokens.hold()
  const request = new Request(server.origin, { ...post, body: 'sent' })
  const sent = fetchWithToken(request)
  expect(request.bodyUsed).toBe(true)
  await expect(fetchWithToken(request)).rejects.toThrow(TypeError)
  tokens.open()
  await sent
  expect(server.requests.map(({ body }) => body)).toEqual(['sent'])
})

test('W2 members that an init inherits are read, as the platform reads them', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') })
  class Init {
    get method(): string {
      return 'PUT'
    }
    get body(): string {
      return 'sent'
    }
  }
  await fetchWithToken(server.origin, new Init() as RequestInit)
  expect(server.requests.map(({ method, body }) => [method, body])).toEqual([
    ['PUT', 'sent'],
    ['PUT', 'sent']
  ])
})

test('W2 a null signal of the init takes the signal of a Request away', async () => {
  const { fetchWithToken, server } = await fetchRoad()
  const request = new Request(server.origin, { signal: AbortSignal.abort() })
  expect((await fetchWithToken(request, { signal: null })).status).toBe(200)
  await expect(fetchWithToken(request)).rejects.toThrow('aborted')
})

const absent: readonly (readonly [string, unknown])[] = [
  ['undefined', { authorization: undefined }],
  ['null', { authorization: null }],
  ['undefined, in capitals', { AUTHORIZATION: undefined, 'x-user': 'kept' }],
  ['undefined, in pairs', [['Authorization', undefined]]],
  ['undefined, in Headers', new Headers({ authorization: String(undefined) })]
]

test.each(absent)('W7 D20 an Authorization that is %s counts as none', async (_form, headers) => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') })
  const given = headers as Record<string, string>
  expect((await fetchWithToken(server.origin, { headers: given })).status).toBe(200)
  expect((await fetchWithToken(new Request(server.origin, { headers: given }))).status).toBe(200)
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2'])
})

test('W7 an Authorization of undefined beside one of the caller’s own is not sent with it', async () => {
  const { fetchWithToken, server } = await fetchRoad()
  const given = { authorization: undefined, Authorization: 'Basic own' } as unknown as Record<string, string>
  await fetchWithToken(server.origin, { headers: given })
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Basic own'])
})

test('W7 a field of another name in which the token stands counts as none when it is undefined', async () => {
  const { fetchWithToken, server } = await fetchRoad({
    routes: (origin) => [{ origin, request: read, header: 'x-token' }]
  })
  const given = { 'x-token': undefined } as unknown as Record<string, string>
  await fetchWithToken(server.origin, { headers: given })
  await fetchWithToken(server.origin, { headers: { 'x-token': 'mine' } })
  expect(server.requests.map(({ headers }) => headers['x-token'])).toEqual(['Bearer t1', 'mine'])
})

test('W2 a Request of undici over the fetch of undici keeps its body, its headers and its dispatcher', async () => {
  const agent = new undici.Agent()
  let dispatched = 0
  const counting = agent.compose((dispatch) => (options, handler) => {
    dispatched += 1
    return dispatch(options, handler)
  })
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') }, undici.fetch as unknown as Fetch)
  const init = { ...post, body: 'sent', headers: { 'x-user': 'kept' }, dispatcher: counting }
  const request = new undici.Request(server.origin, init as object)
  expect((await fetchWithToken(request as unknown as Request)).status).toBe(200)
  expect(server.requests.map(({ body, headers }) => [body, headers['x-user']])).toEqual([
    ['sent', 'kept'],
    ['sent', 'kept']
  ])
  expect(dispatched).toBe(2)
  await agent.destroy()
})

test('W37 a stream of Node that fails while a token is awaited ends the call at once, as fetch has it', async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  tokens.hold()
  const init = { ...post, body: createReadStream('/no/such/file'), duplex: 'half' } as unknown as RequestInit
  await expect(fetchWithToken(server.origin, init)).rejects.toMatchObject({
    message: 'fetch failed',
    cause: { code: 'ENOENT' }
  })
  expect(server.requests).toEqual([])
})

test('W37 a stream of Node that fails before the base fetch reads it ends no process', async () => {
  const slow = async (_input: unknown, init?: { readonly body?: unknown }): Promise<Response> => {
    const body = init?.body as Readable
    body.destroy(new Error('gone'))
    await settled()
    throw new TypeError('fetch failed', { cause: body.errored })
  }
  const { fetchWithToken, server } = await fetchRoad({}, slow as Fetch)
  const init = { ...post, body: new Readable({ read() {} }), duplex: 'half' } as unknown as RequestInit
  await expect(fetchWithToken(server.origin, init)).rejects.toThrow('fetch failed')
})

test('W37 a stream of Node that has failed before the call is the failure of the call', async () => {
  const { fetchWithToken, server } = await fetchRoad()
  const body = new Readable({ read() {} }).on('error', () => {})
  body.destroy(new Error('gone'))
  await settled()
  const sent = fetchWithToken(server.origin, { ...post, body, duplex: 'half' } as unknown as RequestInit)
  await expect(sent).rejects.toThrow(TypeError)
})

test.each([
  ['a stream of Node', (ended: () => void) => new Readable({ read() {} }).on('close', ended)],
  ['a stream of the web', (ended: () => void) => new ReadableStream({ cancel: ended })]
])('D29 without a token whoever makes %s hears that nobody reads it', async (_kind, make) => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  tokens.fail(new Error('no token'))
  const ended = vi.fn()
  const init = () => ({ ...post, body: make(ended), duplex: 'half' }) as unknown as RequestInit
  await expect(fetchWithToken(server.origin, init())).rejects.toThrow('no token')
  await until(() => ended.mock.calls.length === 1)
  if (make(ended) instanceof Readable) return // an iterator that waits for its stream cannot be ended
  await expect(fetchWithToken(new Request(server.origin, init()))).rejects.toThrow('no token')
  await until(() => ended.mock.calls.length === 2)
  expect(server.requests).toEqual([])
})

test('W37 a body that fails while a token is awaited rejects the call, and nothing else', async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  tokens.hold()
  const broken = () =>
    new ReadableStream({ pull: (controller) => controller.error(new Error('the file is gone')) }, { highWaterMark: 0 })
  const init = () => ({ ...post, body: broken(), duplex: 'half' }) as RequestInit
  const sent = [fetchWithToken(server.origin, init()), fetchWithToken(new Request(server.origin, init()))]
  await settled()
  tokens.open()
  for (const one of sent) await expect(one).rejects.toThrow('fetch failed')
})
