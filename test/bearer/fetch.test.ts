import { expect, test, vi } from 'vitest'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import { TokenClientError } from '../../src/errors.ts'
import { bearerRoad, fetchRoad, settled, until } from '../support/bearer.ts'
import { accepting, resourceServer } from '../support/resource-server.ts'
import { platformFetch, undici } from '../support/undici.ts'

test.each([
  ['a string', (url: string) => [url]],
  ['a URL', (url: string) => [new URL(url)]],
  ['a Request', (url: string) => [new Request(url, { headers: { 'x-user': 'kept' } })]],
  ['fields of the caller', (url: string) => [url, { headers: { 'x-user': 'kept' } }]],
  ['a Request in place of the init', (url: string) => [url, new Request(url, { headers: { 'x-user': 'kept' } })]],
  ['fields in place of those of the Request', (url: string) => [new Request(url), { headers: [['x-user', 'kept']] }]]
])('C26 fetch puts the token on a request given as %s', async (_form, args) => {
  const { fetchWithToken, server } = await fetchRoad()
  const response = await fetchWithToken(...(args(`${server.origin}/users`) as Parameters<Fetch>))
  expect(await response.text()).toBe('/users')
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1'])
  if (args('http://x').length > 1) expect(server.requests[0]?.headers['x-user']).toBe('kept')
})

test('fetch takes null for no init, as the platform does', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') })
  const nothing = null as unknown as RequestInit
  expect((await fetchWithToken(server.origin, nothing)).status).toBe(200)
  expect(server.requests).toHaveLength(2)
  const foreign = await resourceServer()
  expect((await fetchWithToken(foreign.origin, nothing)).status).toBe(200)
  await expect(fetchWithToken(null as unknown as string)).rejects.toThrow(/URL/)
})

test("D20 fetch leaves a caller's own Authorization and its 401 alone", async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ answer: accepting('t1') })
  const headers = { Authorization: 'Basic mine' }
  expect((await fetchWithToken(server.origin, { headers })).status).toBe(401)
  expect((await fetchWithToken(new Request(server.origin, { headers }))).status).toBe(401)
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Basic mine', 'Basic mine'])
  expect(tokens.issued).toBe(1)
})

test('D13 C30 fetch leaves foreign origins alone', async () => {
  const { fetchWithToken, tokens } = await fetchRoad()
  const foreign = await resourceServer(accepting('nobody'))
  expect((await fetchWithToken(foreign.origin)).status).toBe(401)
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  expect(tokens.issued).toBe(1)
})

test('D19 fetch refuses what the platform refuses, with no token asked for', async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  await expect(fetchWithToken(`http://user:pw@127.0.0.1:${server.port}/`)).rejects.toThrow(TypeError)
  await expect(fetchWithToken('no url')).rejects.toThrow(TypeError)
  expect(tokens.issued).toBe(0)
})

test('C25 fetch refuses a URL with access_token before anything is sent', async () => {
  const { fetchWithToken, server } = await fetchRoad()
  await expect(fetchWithToken(`${server.origin}/?access_token=x`)).rejects.toMatchObject({ code: 'ERR_TOKEN_IN_QUERY' })
  expect(server.requests).toEqual([])
})

test('D11 C30 U84 fetch takes no token along to a foreign origin, and its 401 costs none', async () => {
  const foreign = await resourceServer(accepting('nobody'))
  const { fetchWithToken, server, tokens, rejections } = await fetchRoad({
    answer: (_request, response) => response.writeHead(307, { location: foreign.origin }).end()
  })
  expect((await fetchWithToken(server.origin)).status).toBe(401)
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  expect(tokens.issued).toBe(1)
  expect(rejections).toEqual([])
})

function form(): FormData {
  const data = new FormData()
  data.set('field', 'sent')
  return data
}

const bodies: readonly (readonly [string, () => RequestInit['body']])[] = [
  ['no body', () => null],
  ['a string', () => 'sent'],
  ['bytes', () => new TextEncoder().encode('sent')],
  ['URLSearchParams', () => new URLSearchParams({ a: 'sent' })],
  ['a Blob', () => new Blob(['sent'], { type: 'text/x' })],
  ['FormData', form]
]

test.each(bodies)('D1 C71 after a 401 fetch sends %s once more with another token', async (_kind, make) => {
  const { fetchWithToken, server, rejections } = await fetchRoad({ answer: accepting('t2') })
  const response = await fetchWithToken(server.origin, { method: 'POST', body: make() ?? null })
  expect(response.status).toBe(200)
  const [first, second] = server.requests
  expect(second?.body.length).toBe(first?.body.length)
  expect(second?.headers['content-length']).toBe(first?.headers['content-length'])
  expect(second?.authorization).toBe('Bearer t2')
  expect(rejections).toHaveLength(1)
})

test.each(bodies)(
  'D1 after a 401 fetch sends a Request with %s once more, type and length as before',
  async (_kind, make) => {
    const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') })
    const request = new Request(server.origin, { method: 'POST', body: make() ?? null })
    expect((await fetchWithToken(request)).status).toBe(200)
    const [first, second] = server.requests
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['content-length']).toBe(first?.headers['content-length'])
    expect(second?.headers['content-type']).toBe(first?.headers['content-type'])
  }
)

async function* generated(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('sent')
}

test.each([
  ['a stream', () => new Blob(['sent']).stream()],
  ['a generator', generated]
])('D2 fetch delivers the 401 whole when the body was %s, and the next call has the new token', async (_kind, make) => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ answer: accepting('t2') })
  const init = { method: 'POST', body: make(), duplex: 'half' } as object
  const response = await fetchWithToken(server.origin, init)
  expect(response.status).toBe(401)
  expect(await response.text()).toBe('refused')
  await until(() => tokens.issued === 2)
  expect((await fetchWithToken(server.origin)).status).toBe(200)
  expect(server.requests).toHaveLength(2)
})

test('D2 fetch delivers the 401 when the body of a Request is a stream that is over the limit', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') })
  const body = new Blob(['x'.repeat(100_000)]).stream()
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  const response = await fetchWithToken(new Request(server.origin, init))
  expect(response.status).toBe(401)
  expect(server.requests.map((received) => received.body.length)).toEqual([100_000])
})

test('D1 fetch sends the body of a Request once more, when it is no stream, up to 16 MiB of it', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') })
  const sizes = [16 * 1024 * 1024, 16 * 1024 * 1024 + 1]
  const statuses = sizes.map(async (size) => {
    const response = await fetchWithToken(new Request(server.origin, { method: 'POST', body: new Uint8Array(size) }))
    return response.status
  })
  expect(await Promise.all(statuses)).toEqual([200, 401])
})

test('D4 fetch delivers the second 401', async () => {
  const { fetchWithToken, server, rejections } = await fetchRoad({ answer: accepting('nobody') })
  const response = await fetchWithToken(server.origin)
  expect(response.status).toBe(401)
  expect(await response.text()).toBe('refused')
  expect(server.requests).toHaveLength(2)
  expect(rejections.map(({ serial }) => serial)).toEqual([1, 2])
})

test('Q8 U33 fetch delivers the 401 whole when there is no other token', async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ answer: accepting('nobody') })
  tokens.keepRejected()
  expect(await (await fetchWithToken(server.origin)).text()).toBe('refused')
  expect(server.requests).toHaveLength(1)
})

test('D5 fetch tells of a missing scope and asks for no other token', async () => {
  const { fetchWithToken, server, tokens, rejections } = await fetchRoad({
    answer: (_request, response) =>
      response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' }).end()
  })
  expect((await fetchWithToken(server.origin)).status).toBe(403)
  expect(tokens.issued).toBe(1)
  expect(rejections).toMatchObject([{ status: 403, neededScope: ['write'] }])
})

test('D29 U7 W30 fetch rejects with the error of the token client, told anew to this caller', async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  const error = new TokenClientError('ERR_NETWORK', 'unreachable', { transient: true })
  tokens.fail(error)
  const told = await fetchWithToken(server.origin).catch((reason) => reason)
  expect(told).toBeInstanceOf(TokenClientError)
  expect(told).toStrictEqual(error)
  expect(server.requests).toEqual([])
})

test.each(['init', 'Request'])('D27 U44 the signal of the %s ends the wait for a token', async (where) => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ warm: false })
  tokens.hold()
  const { signal, abort } = abortable()
  const sent =
    where === 'init'
      ? fetchWithToken(server.origin, { signal })
      : fetchWithToken(new Request(server.origin, { signal }))
  await until(() => tokens.waiting === 1)
  abort()
  await expect(sent).rejects.toThrow('the caller left')
  tokens.open()
  await settled()
  expect(server.requests).toEqual([])
})

test('D28 U49 the signal ends the wait for another token after a 401', async () => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ answer: accepting('t2') })
  tokens.hold()
  const { signal, abort } = abortable()
  const sent = fetchWithToken(server.origin, { signal })
  await until(() => tokens.waiting === 1)
  abort()
  await expect(sent).rejects.toThrow('the caller left')
  expect(server.requests).toHaveLength(1)
})

function abortable(): { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('the caller left')) }
}

test.each(['web', 'Node'])(
  'D1 fetch lets go of the refused answer, whose body is a %s stream, before it sends again',
  async (kind) => {
    const events: string[] = []
    const cancelled = { cancel: async () => void events.push('let go') }
    const destroyed = { destroy: () => void events.push('let go') }
    const base = async (_input: unknown, init?: RequestInit): Promise<Response> => {
      const authorization = new Headers(init?.headers).get('authorization')
      events.push(String(authorization))
      if (authorization === 'Bearer t2') return new Response('good')
      const response = new Response(null, { status: 401 })
      return Object.defineProperty(response, 'body', { value: kind === 'web' ? cancelled : destroyed })
    }
    const { fetchWithToken, server } = await fetchRoad({}, base)
    expect(await (await fetchWithToken(server.origin)).text()).toBe('good')
    expect(events).toEqual(['Bearer t1', 'let go', 'Bearer t2'])
  }
)

test('fetch keeps nothing of an upload once the answer is there', async () => {
  const events: string[] = []
  const body = new ReadableStream({ cancel: () => void events.push('let go') })
  const base = async (input: unknown): Promise<Response> => {
    void (input as Request).body?.cancel() // the platform stops reading when it is answered early
    return new Response('good')
  }
  const { fetchWithToken, server } = await fetchRoad({}, base as Fetch)
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  await fetchWithToken(new Request(server.origin, init))
  await until(() => events.length > 0)
  expect(events).toEqual(['let go'])
})

test('fetch looks the platform up at each call, so that a test double or a proxy of the user applies', async () => {
  const { fetchWithToken, server } = await fetchRoad()
  const double = vi.fn(async (..._given: Parameters<Fetch>) => new Response('double'))
  vi.stubGlobal('fetch', double)
  try {
    expect(await (await fetchWithToken(server.origin)).text()).toBe('double')
    expect(new Headers(double.mock.calls[0]?.[1]?.headers).get('authorization')).toBe('Bearer t1')
  } finally {
    vi.unstubAllGlobals()
  }
})

test('fetch that is made the global one does not call itself', async () => {
  const { fetchWithToken, server } = await fetchRoad()
  vi.stubGlobal('fetch', fetchWithToken)
  try {
    expect((await fetch(server.origin)).status).toBe(200)
    expect(server.requests).toHaveLength(1)
  } finally {
    vi.unstubAllGlobals()
  }
})

test('fetch of undici can be the base', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') }, undici.fetch as unknown as Fetch)
  expect((await fetchWithToken(server.origin, { method: 'POST', body: 'sent' })).status).toBe(200)
  expect(server.requests.map(({ body }) => body)).toEqual(['sent', 'sent'])
})

/** undici's fetch only accepts its own FormData. */
function ownForm(): InstanceType<typeof undici.FormData> {
  const data = new undici.FormData()
  data.set('field', 'sent')
  return data
}

const fetches: readonly (readonly [string, typeof platformFetch])[] = [
  ['undici', undici.fetch as unknown as typeof platformFetch],
  ['the platform', platformFetch]
]

test.each(fetches.flatMap(([whose, send]) => bodies.map(([kind, make]) => ({ whose, send, kind, make }))))(
  'U76 U111 fetch of $whose through a composed Agent sends $kind once more',
  async ({ whose, send, make }) => {
    const { agent, server } = await bearerRoad({ answer: accepting('t2') })
    const body = make()
    const given = whose === 'undici' && body instanceof FormData ? ownForm() : body
    const response = await send(server.origin, { dispatcher: agent, method: 'POST', body: (given ?? null) as null })
    expect(response.status).toBe(200)
    const [first, second] = server.requests
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['content-length']).toBe(first?.headers['content-length'])
  }
)

test.each(fetches)(
  'D1 D2 fetch of %s through a composed Agent sends once more what is within the limit',
  async (_whose, send) => {
    const stream = { method: 'POST', body: new Blob(['sent']).stream(), duplex: 'half' } as object
    const long = { method: 'POST', body: 'x'.repeat(100_000) }
    const statuses = [stream, long].map(async (init) => {
      const { agent, server } = await bearerRoad({ answer: accepting('t2') })
      return (await send(server.origin, { dispatcher: agent, ...init })).status
    })
    expect(await Promise.all(statuses)).toEqual([200, 401])
  }
)

test.each(fetches)(
  'D29 fetch of %s through a composed Agent has the error of the token client as its cause',
  async (_whose, send) => {
    const { agent, server, tokens } = await bearerRoad({ warm: false })
    const error = new TokenClientError('ERR_NETWORK', 'unreachable', { transient: true })
    tokens.fail(error)
    await expect(send(server.origin, { dispatcher: agent })).rejects.toSatisfy(({ cause }) => cause === error)
    expect(server.requests).toEqual([])
  }
)

test.each(fetches)(
  'D11 U81 fetch of %s through a composed Agent takes no token to a foreign origin',
  async (_whose, send) => {
    const foreign = await resourceServer(accepting('nobody'))
    const { agent, server, tokens } = await bearerRoad({
      answer: (_request, response) => response.writeHead(302, { location: foreign.origin }).end()
    })
    expect((await send(server.origin, { dispatcher: agent })).status).toBe(401)
    expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
    expect(tokens.issued).toBe(1)
  }
)
