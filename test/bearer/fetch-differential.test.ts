import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { bearerFetch } from '../../src/bearer/fetch.ts'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import { routeTable } from '../../src/bearer/routes.ts'
import { read } from '../support/bearer.ts'
import { type Received, type ResourceServer, resourceServer } from '../support/resource-server.ts'
import { testTokens, unobserved } from '../support/tokens.ts'
import { undici } from '../support/undici.ts'

// Every request goes through `createFetch` and through the fetch below it. Both must do the same, except for our header.
// Each test sends some hundred requests, twice.
vi.setConfig({ testTimeout: 60_000 })

/** A server whose `/go/…` redirects as its query says. All other paths echo the request. */
interface Place {
  readonly home: ResourceServer
  /** Another origin of the policy. */
  readonly second: ResourceServer
  readonly foreign: ResourceServer
}

type Answer = NonNullable<Parameters<typeof resourceServer>[0]>

const answer: Answer = (received, response) => {
  const url = new URL(received.url, 'http://here')
  const status = Number(url.searchParams.get('status'))
  if (status === 0) return response.writeHead(200, { 'x-seen': received.method }).end('there')
  const location = url.searchParams.get('location')
  const hops = Number(url.searchParams.get('hops') ?? 0)
  const policy = url.searchParams.get('policy')
  const on = hops > 1 ? `/go?status=${status}&hops=${hops - 1}` : '/there'
  response.writeHead(status, {
    ...(location !== 'none' && { location: Buffer.from(location ?? on).toString('latin1') }),
    ...(policy !== null && { 'referrer-policy': policy })
  })
  return response.end('see elsewhere')
}

async function place(): Promise<Place> {
  return {
    home: await resourceServer(answer),
    second: await resourceServer(answer),
    foreign: await resourceServer(answer)
  }
}

interface Outcome {
  readonly answer: object
  readonly requests: readonly object[]
}

const bases: readonly (readonly [string, Fetch, typeof Request, typeof FormData])[] = [
  ['the platform', globalThis.fetch, Request, FormData],
  ['undici', undici.fetch as unknown as Fetch, undici.Request as never, undici.FormData as never]
]

/** What the caller got, and what the servers saw. */
async function outcome({ home, second, foreign }: Place, send: () => Promise<Response>): Promise<Outcome> {
  const servers = [home, second, foreign]
  const before = servers.map(({ requests }) => requests.length)
  const answered = await send().then(describe, ({ name, message }: Error) => ({ name, message }))
  const requests = servers.flatMap(({ origin, requests }, index) =>
    requests.slice(before[index]).map((received) => ({ origin, ...seen(received) }))
  )
  return { answer: answered, requests }
}

async function describe(response: Response): Promise<object> {
  const { status, statusText, ok, url, redirected, type, headers, body } = response
  const copy = response.clone()
  const fields = Object.fromEntries([...headers].filter(([name]) => name !== 'date'))
  const text = { hasBody: body !== null, text: await response.text(), copied: await copy.text() }
  const shown = { status, statusText, ok, type, ...text }
  if (type === 'opaque') return shown // some releases of undici expose more than the standard allows
  return {
    ...shown,
    url,
    redirected,
    fields,
    copy: { status: copy.status, url: copy.url, redirected: copy.redirected, type: copy.type }
  }
}

/** Removes our header, and the boundary of a form, which differs each time. */
function seen({ method, url, headers, body }: Received): object {
  const { authorization: _, ...rest } = headers
  const text = JSON.stringify({
    method,
    url,
    headers: Object.entries(rest).sort(),
    body: body.length > 1000 ? body.length : body
  })
  return JSON.parse(text.replace(/----formdata-undici-\d+/g, 'boundary'))
}

function ourFetch({ home, second }: Place, base: Fetch): Fetch {
  const routes = routeTable([home.origin, second.origin].map((origin) => ({ origin, request: read })))
  return bearerFetch({ source: testTokens({ warm: [read] }), routes, ...unobserved, baseFetch: base })
}

/** Creates each case twice, because a stream can be sent only once. */
type Make = (origin: string) => Parameters<Fetch>

async function expectSame(where: Place, base: Fetch, make: Make): Promise<Outcome> {
  const expected = await outcome(where, () => base(...make(where.home.origin)))
  const ours = await outcome(where, () => ourFetch(where, base)(...make(where.home.origin)))
  expect(ours).toEqual(expected)
  return ours
}

async function* generated(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('sent')
}

type Bodies = Readonly<Record<string, (Form: typeof FormData) => unknown>>

const bodies: Bodies = {
  nothing: () => undefined,
  'an empty string': () => '',
  'a string': () => 'sent é',
  'a long string': () => 'x'.repeat(200_000),
  'a number': () => 42,
  bytes: () => new TextEncoder().encode('sent'),
  'an ArrayBuffer': () => new TextEncoder().encode('sent').buffer,
  'a part of a buffer': () => Buffer.from('not sent').subarray(4),
  'a DataView': () => new DataView(new TextEncoder().encode('sent').buffer, 1),
  URLSearchParams: () => new URLSearchParams({ a: 'sent' }),
  'a Blob': () => new Blob(['sent']),
  'a Blob with a type': () => new Blob(['sent'], { type: 'text/x' }),
  FormData(Form) {
    const form = new Form()
    form.set('field', 'sent')
    form.set('file', new Blob(['content'], { type: 'text/x' }), 'name.txt')
    return form
  },
  'a stream': () => new Blob(['sent']).stream(),
  'a generator': generated
}

// The undici of Node 20 and 22 has faults of its own: it cannot send bytes along a redirect, since it has given them away; in the
// mode no-cors it hangs; and it does not know the referrer policy no-referrer.
const isFaulty = (whose: string) => whose === 'the platform' && process.versions.undici?.startsWith('6.')
const faultyBodies = ['bytes', 'an ArrayBuffer', 'a part of a buffer', 'a DataView']

const statuses = [301, 302, 303, 307, 308]
const noRedirects = [200, 300, 304, 404]
const methods = ['GET', 'HEAD', 'POST', 'post', 'PUT', 'PATCH', 'DELETE', 'QUERY']

function go(status: number, further: Readonly<Record<string, string>> = {}): string {
  return `/go?${new URLSearchParams({ status: String(status), ...further })}`
}

function targets({ second, foreign }: Place): string[] {
  return ['/there', `${second.origin}/there`, `${foreign.origin}/there`]
}

const headers = { 'content-language': 'de', 'content-type': 'text/x', cookie: 'a=b', 'x-user': 'kept' }
const bearing = (method: string) => !/^(get|head)$/i.test(method)

test.each(bases)('W38 over the fetch of %s a redirect does to each method what it does there', async (_whose, base) => {
  const where = await place()
  for (const method of methods) {
    for (const status of [...statuses, ...noRedirects]) {
      for (const location of noRedirects.includes(status) ? targets(where).slice(2) : targets(where)) {
        const path = go(status, { location })
        for (const body of bearing(method) ? [undefined, 'sent'] : [undefined])
          await expectSame(where, base, (origin) => [`${origin}${path}`, { method, headers, ...(body && { body }) }])
      }
    }
  }
})

const eachBody = bases.flatMap(([whose, base, RequestClass, Form]) =>
  Object.entries(bodies)
    .filter(([kind]) => !(isFaulty(whose) && faultyBodies.includes(kind)))
    .map(([kind, make]) => ({ whose, base, RequestClass, kind, make: () => make(Form) }))
)

test.each(eachBody)(
  'W38 over the fetch of $whose a redirect does to $kind what it does there, also in a Request',
  async ({ base, RequestClass, make }) => {
    const where = await place()
    for (const status of [302, 303, 307]) {
      for (const method of ['POST', 'PUT']) {
        for (const location of targets(where).slice(1)) {
          const init = () => ({ method, body: make(), duplex: 'half', headers: { 'x-user': 'kept' } }) as RequestInit
          const path = go(status, { location })
          await expectSame(where, base, (origin) => [`${origin}${path}`, init()])
          await expectSame(where, base, (origin) => [new RequestClass(`${origin}${path}`, init())])
          await expectSame(where, base, (origin) => [new RequestClass(`${origin}${path}`, { method: 'PUT' }), init()])
        }
      }
    }
  }
)

test.each(bases)(
  'W3 over the fetch of %s the modes of redirect, credentials, CORS and cache are obeyed',
  async (whose, base, RequestClass) => {
    const where = await place()
    const modes = ['cors', 'same-origin', ...(isFaulty(whose) ? [] : ['no-cors'])]
    for (const redirect of ['follow', 'manual', 'error', 'elsewhere'] as const) {
      for (const credentials of ['omit', 'same-origin', 'include'] as const) {
        for (const mode of modes) {
          for (const location of [...targets(where), 'none']) {
            const init = { redirect, credentials, mode, cache: 'no-cache' } as object
            const path = go(302, { location })
            await expectSame(where, base, (origin) => [`${origin}${path}`, init])
            if (redirect !== 'elsewhere')
              await expectSame(where, base, (origin) => [
                new RequestClass(`${origin}${path}`, init),
                { keepalive: true }
              ])
          }
        }
      }
    }
  }
)

const digestOf = (hash: string, text: string) => `${hash}-${createHash(hash).update(text).digest('base64')}`

const integrities: readonly (readonly [string, string])[] = [
  ['the right digest', digestOf('sha256', 'there')],
  ['the right digest without padding', digestOf('sha384', 'there').replace(/=+$/, '')],
  ['a wrong digest', digestOf('sha256', 'elsewhere')],
  ['a wrong digest of a weaker hash', `${digestOf('sha256', 'elsewhere')} ${digestOf('sha512', 'there')}`],
  ['a wrong digest of a stronger hash', `${digestOf('sha256', 'there')} ${digestOf('sha512', 'elsewhere')}`],
  ['one right digest of two', `${digestOf('sha512', 'elsewhere')} ${digestOf('sha512', 'there')}`],
  ['a hash that nobody knows', 'md5-AAAA']
]

test.each(bases.flatMap(([whose, base]) => integrities.map(([what, integrity]) => ({ whose, base, what, integrity }))))(
  'W3 over the fetch of $whose integrity with $what is what it is there, redirected or not',
  async ({ base, integrity }) => {
    const where = await place()
    for (const path of ['/there', ...targets(where).map((location) => go(302, { location }))]) {
      for (const redirect of ['follow', 'manual'] as const)
        for (const method of ['GET', 'HEAD'])
          await expectSame(where, base, (origin) => [`${origin}${path}`, { integrity, redirect, method }])
    }
  }
)

/** Policies that every undici reads as the standard does. */
const known = ['', 'no-referrer', 'origin', 'unsafe-url', 'strict-origin-when-cross-origin']

test.each(bases)(
  'W3 over the fetch of %s the next hop is told the same referrer',
  async (whose, base, RequestClass) => {
    const where = await place()
    const policies = isFaulty(whose) ? known.filter((policy) => policy !== 'no-referrer') : known
    const referrers = [
      undefined,
      '',
      'about:client',
      `${where.home.origin}/from?secret#part`,
      'https://elsewhere.test/from'
    ]
    for (const referrer of referrers) {
      for (const referrerPolicy of policies) {
        for (const policy of [...policies, 'unsafe-url, nonsense']) {
          for (const location of targets(where)) {
            const path = go(302, { location, policy })
            const init = { ...(referrer !== undefined && { referrer }), referrerPolicy } as RequestInit
            await expectSame(where, base, (origin) => [`${origin}${path}`, init])
            if (policy === 'origin')
              await expectSame(where, base, (origin) => [new RequestClass(`${origin}${path}`, init)])
          }
        }
      }
    }
  }
)

test.each(bases)('W3 over the fetch of %s a Location is read as it is read there', async (_whose, base) => {
  const where = await place()
  const { port } = new URL(where.foreign.origin)
  const locations = [
    'there',
    './there?a=b#c',
    '../../there',
    '?no=path',
    '#part',
    `//127.0.0.1:${port}/there`,
    `http://user:pw@127.0.0.1:${port}/there`,
    `${where.home.origin.replace('http', 'HTTP')}/there`,
    '/there/é',
    '/there/%zz',
    'http://',
    'http://[::1',
    'ftp://127.0.0.1/there',
    'data:text/plain,there',
    'javascript:there',
    'http://127.0.0.1:1/there',
    'http://127.0.0.1:99999/there',
    'none'
  ]
  for (const location of locations) {
    for (const hash of ['', '#mine'])
      await expectSame(where, base, (origin) => [`${origin}${go(307, { location })}${hash}`])
  }
})

test.each(bases)('W3 over the fetch of %s twenty redirects are followed and no more', async (_whose, base) => {
  const where = await place()
  for (const hops of [1, 2, 19, 20, 21, 25]) {
    for (const status of statuses) {
      const { requests } = await expectSame(where, base, (origin) => [`${origin}${go(status, { hops: String(hops) })}`])
      expect(requests).toHaveLength(Math.min(hops, 20) + 1)
    }
  }
})
