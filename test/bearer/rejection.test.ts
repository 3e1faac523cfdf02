import { describe, expect, test } from 'vitest'
import { CountedRejections } from '../../src/bearer/counted-rejections.ts'
import type { Rejected } from '../../src/events.ts'
import { manualClock } from '../../src/testing/index.ts'
import { bearerRoad, read, settled, until } from '../support/bearer.ts'
import { type Answer, accepting } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const { request } = undici

function refusing(challenge?: string | string[], status = 401, text = 'refused'): Answer {
  return (_request, response) => {
    if (challenge !== undefined) response.setHeader('www-authenticate', challenge)
    response.writeHead(status, { 'x-refused': 'yes' }).end(text)
  }
}

test('D1 U27 after a 401 the request goes out once more with another token, and its answer is the one that counts', async () => {
  const { agent, server, tokens, rejections } = await bearerRoad({ answer: accepting('t2') })
  const { statusCode, headers, body } = await request(`${server.origin}/users`, { dispatcher: agent })
  expect(statusCode).toBe(200)
  expect(headers).not.toHaveProperty('x-refused')
  expect(headers).not.toHaveProperty('www-authenticate')
  expect(await body.text()).toBe('/users')
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
  expect(tokens.issued).toBe(2)
  const { scope, audience, resource } = read
  expect(rejections).toEqual([
    {
      serial: 1,
      origin: server.origin,
      status: 401,
      error: 'invalid_token',
      neededScope: undefined,
      scope,
      audience,
      resource
    }
  ])
})

test('D4 C68 C71 U28 a second 401 goes to the caller with its body; there is no third attempt', async () => {
  const { agent, server, tokens, rejections } = await bearerRoad({ answer: accepting('nobody') })
  const { statusCode, headers, body } = await request(server.origin, { dispatcher: agent })
  expect(statusCode).toBe(401)
  expect(headers['x-refused']).toBe('yes')
  expect(await body.text()).toBe('refused')
  expect(server.requests).toHaveLength(2)
  expect(tokens.issued).toBe(2)
  expect(rejections.map(({ serial }) => serial)).toEqual([1, 2])
})

test('Q8 U29 U30 D38 when the rejected token is all there is, the 401 is delivered as it came', async () => {
  const { agent, server, tokens } = await bearerRoad({ answer: accepting('nobody') })
  tokens.keepRejected()
  for (const _ of [1, 2]) {
    const { statusCode, headers, body } = await request(server.origin, { dispatcher: agent })
    expect(statusCode).toBe(401)
    expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    expect(await body.text()).toBe('refused')
  }
  expect(server.requests).toHaveLength(2)
  expect(tokens.issued).toBe(1)
})

test('Q7 D8 U31 a late 401 for a token that was replaced meanwhile takes the new one and asks for none', async () => {
  const { agent, server, tokens } = await bearerRoad({
    answer: (received, response) => {
      if (received.url === '/late') void tokens.token(read, { rejected: sentFirst }) // another caller replaces it
      accepting('t2')(received, response)
    }
  })
  const sentFirst = await tokens.token(read)
  const { statusCode, body } = await request(`${server.origin}/late`, { dispatcher: agent })
  await body.dump()
  expect(statusCode).toBe(200)
  expect(tokens.issued).toBe(2)
})

test('Q7 U32 twenty requests that are refused together share one new token', async () => {
  const { agent, server, tokens } = await bearerRoad({ answer: accepting('t2') })
  const answers = await Promise.all(Array.from({ length: 20 }, () => request(server.origin, { dispatcher: agent })))
  for (const { statusCode, body } of answers) {
    await body.dump()
    expect(statusCode).toBe(200)
  }
  expect(tokens.issued).toBe(2)
})

test.each([
  ['small', 'refused'],
  ['of 1 MiB', 'x'.repeat(1024 * 1024)]
])('U33 U34 when no other token comes, a 401 with a body %s is delivered whole', async (_size, text) => {
  const { agent, server, tokens } = await bearerRoad({ answer: refusing('Bearer', 401, text) })
  tokens.fail(new Error('down'))
  const { statusCode, headers, body } = await request(server.origin, { dispatcher: agent })
  expect(statusCode).toBe(401)
  expect(headers['x-refused']).toBe('yes')
  expect((await body.text()).length).toBe(text.length)
  expect(server.requests).toHaveLength(1)
})

test('U35 a 401 whose body does not end is read no further than the limit while another token is awaited', async () => {
  let written = 0
  const { agent, server, tokens } = await bearerRoad({
    answer: (received, response) => {
      if (received.authorization === 'Bearer t2') return response.end('good')
      let open = true
      response.on('close', () => {
        open = false
      })
      const more = () => {
        written += 1
        if (open) response.write('x'.repeat(64 * 1024), () => setImmediate(more))
      }
      response.writeHead(401)
      return more()
    }
  })
  tokens.hold()
  const sent = request(server.origin, { dispatcher: agent })
  await until(() => tokens.waiting === 1)
  for (let before = -1; before !== written && written < 2000; await settled(100)) before = written
  expect(written).toBeLessThan(2000) // 125 MiB: somebody reads it all
  tokens.open()
  const { statusCode, body } = await sent
  expect(statusCode).toBe(200)
  expect(await body.text()).toBe('good')
})

test('U36 a small 401 leaves its connection to the second attempt', async () => {
  const { agent, server, tokens } = await bearerRoad({ answer: accepting('t2') })
  const { body } = await request(server.origin, { dispatcher: agent })
  await body.dump()
  expect(server.connections).toBe(1)
  expect(tokens.issued).toBe(2)
})

test('U36 the same when the other token is at hand at once', async () => {
  const { agent, server, tokens } = await bearerRoad({
    answer: (received, response) => {
      const first = received.authorization === 'Bearer t1'
      const replaced = first ? Promise.resolve(tokens.token(read, { rejected: sentFirst })) : Promise.resolve()
      void replaced.then(() => accepting('t2')(received, response))
    }
  })
  const sentFirst = await tokens.token(read)
  const { statusCode, body } = await request(server.origin, { dispatcher: agent })
  await body.dump()
  expect(statusCode).toBe(200)
  expect(server.connections).toBe(1)
})

test('D32 U37 a 401 that breaks off is drained all the same', async () => {
  const { agent, server } = await bearerRoad({
    answer: (received, response) => {
      if (received.authorization === 'Bearer t2') return response.end('good')
      response.writeHead(401, { 'content-length': '100' }).write('part')
      setImmediate(() => response.destroy())
      return undefined
    }
  })
  const { statusCode, body } = await request(server.origin, { dispatcher: agent })
  expect(statusCode).toBe(200)
  expect(await body.text()).toBe('good')
})

test('U38 a 401 that breaks off while no other token comes breaks off for the caller too', async () => {
  const { agent, server, tokens } = await bearerRoad({
    answer: (_received, response) => {
      response.writeHead(401, { 'content-length': '100' }).write('part')
      setImmediate(() => response.destroy())
    }
  })
  tokens.hold()
  tokens.fail(new Error('down'))
  const sent = request(server.origin, { dispatcher: agent })
  await settled(20)
  tokens.open()
  const { statusCode, body } = await sent
  expect(statusCode).toBe(401)
  await expect(body.text()).rejects.toThrow()
})

test.each(['HEAD', 'GET', 'DELETE', 'OPTIONS', 'POST', 'PATCH'] as const)(
  'D9 U39 %s is sent again: a 401 means that nothing was done',
  async (method) => {
    const { agent, server } = await bearerRoad({ answer: accepting('t2') })
    const { statusCode, body } = await request(server.origin, { dispatcher: agent, method })
    await body.dump()
    expect(statusCode).toBe(200)
    expect(server.requests.map((received) => received.method)).toEqual([method, method])
  }
)

test('U40 informational answers before a 401 and before a 200 harm nothing', async () => {
  const { agent, server } = await bearerRoad({
    answer: (received, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      accepting('t2')(received, response)
    }
  })
  const infos: number[] = []
  const { statusCode, body } = await request(server.origin, {
    dispatcher: agent,
    onInfo: ({ statusCode: info }: { statusCode: number }) => void infos.push(info)
  } as never)
  await body.dump()
  expect(statusCode).toBe(200)
  expect(infos).toEqual([103, 103])
})

test.each([200, 204, 302, 400, 403, 407, 429, 500, 503])("D5 C72 U41 an answer %i is the caller's", async (status) => {
  const { agent, server, tokens } = await bearerRoad({ answer: refusing(undefined, status, '') })
  const { statusCode, body } = await request(server.origin, { dispatcher: agent })
  await body.dump()
  expect(statusCode).toBe(status)
  expect(server.requests).toHaveLength(1)
  expect(tokens.issued).toBe(1)
})

test.each([
  ['D6 C28 a challenge for Basic only', 'Basic realm="x"', 1],
  ['D6 a challenge for Negotiate only', 'Negotiate', 1],
  ['D5 C28 insufficient_scope', 'Bearer error="insufficient_scope", scope="write"', 1],
  ['D7 no challenge', undefined, 2],
  ['D1 Bearer without an error', 'Bearer realm="x"', 2],
  ['C69 Bearer behind another scheme in one line', 'Basic realm="a, b", bearer error="invalid_token"', 2],
  ['C69 Bearer in a line of its own', ['Basic realm="x"', 'Bearer'], 2],
  ['C69 parameters without a scheme', 'error="invalid_token"', 2]
])('%s: a 401 costs so many requests', async (_title, challenge, attempts) => {
  const { agent, server, tokens } = await bearerRoad({ answer: refusing(challenge) })
  const { statusCode, body } = await request(server.origin, { dispatcher: agent })
  expect(statusCode).toBe(401)
  expect(await body.text()).toBe('refused')
  expect(server.requests).toHaveLength(attempts)
  expect(tokens.issued).toBe(attempts)
})

test.each([
  [403, 'Bearer error="insufficient_scope", scope="users:write  users:read"', ['users:write', 'users:read']],
  [401, 'Bearer error="insufficient_scope", scope="write"', ['write']],
  [403, 'Bearer error="insufficient_scope"', []]
])('D5 an event names the scope that a %i with %s asks for', async (status, challenge, neededScope) => {
  const { agent, server, rejections } = await bearerRoad({ answer: refusing(challenge, status) })
  const { body } = await request(server.origin, { dispatcher: agent })
  await body.dump()
  expect(rejections).toMatchObject([
    { serial: 1, origin: server.origin, status, error: 'insufficient_scope', neededScope }
  ])
})

test('C19 an error word that no specification could have is kept out of the event', async () => {
  const { agent, server, rejections } = await bearerRoad({ answer: refusing('Bearer error="t1 is <b>bad</b>"', 403) })
  const { body } = await request(server.origin, { dispatcher: agent })
  await body.dump()
  expect(rejections).toMatchObject([{ status: 403, error: undefined }])
})

test('C73 D31 a challenge in a trailer is ignored', async () => {
  const { agent, server, tokens } = await bearerRoad({
    answer: (_received, response) => {
      response.writeHead(200, { trailer: 'www-authenticate' })
      response.addTrailers({ 'www-authenticate': 'Bearer error="invalid_token"' })
      response.end('good')
    }
  })
  const { statusCode, body, trailers } = await request(server.origin, { dispatcher: agent })
  await body.dump()
  expect(statusCode).toBe(200)
  expect(trailers).toHaveProperty('www-authenticate')
  expect(tokens.issued).toBe(1)
})

test('U42 a connection that breaks costs no second attempt', async () => {
  const { agent, server, tokens } = await bearerRoad({ answer: (_received, response) => response.destroy() })
  await expect(request(server.origin, { dispatcher: agent })).rejects.toThrow()
  expect(server.requests).toHaveLength(1)
  expect(tokens.issued).toBe(1)
})

test("D10 U43 a connection that breaks in the second attempt is the caller's error", async () => {
  const { agent, server } = await bearerRoad({
    answer: (received, response) => {
      if (received.authorization === 'Bearer t2') response.destroy()
      else accepting('t2')(received, response)
    }
  })
  await expect(request(server.origin, { dispatcher: agent })).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  expect(server.requests).toHaveLength(2)
})

describe('what is told of refusals', () => {
  const first = { serial: 1, origin: 'https://users.internal', status: 403, scope: [], resource: [] }

  function setUp() {
    const clock = manualClock()
    const told: Rejected[] = []
    const counted = new CountedRejections((_, event) => told.push(event), clock)
    const refuse = (refusal: Omit<Rejected, 'count'>) => counted.add(refusal)
    return { clock, told, stop: () => counted.stop(), refuse }
  }

  test('D38 it is remembered within a bound, and each part of a refusal makes it another', () => {
    const { told, refuse } = setUp()
    const needing = { ...first, error: 'insufficient_scope', neededScope: ['admin'] }
    const others = [
      { ...first, serial: 2 },
      { ...first, origin: 'https://orders.internal' },
      { ...first, status: 401 }
    ]
    const refusals = [first, ...others, needing, { ...needing, neededScope: ['write'] }]
    for (const refusal of [...refusals, ...refusals]) refuse(refusal)
    expect(told).toEqual(refusals.map((refusal) => ({ ...refusal, count: 1 })))
    for (let serial = 10; serial < 110; serial += 1) refuse({ ...first, serial })
    refuse(first)
    const counts = told.slice(refusals.length).map(({ count }) => count)
    // Evicted entries are reported with their remaining count.
    expect(counts.reduce((sum, count) => sum + count)).toBe(refusals.length + 100 + 1)
  })

  test('N9 a resource server that refuses every call is told at once, and then with a count every ten seconds', async () => {
    const { clock, told, refuse } = setUp()
    for (let call = 0; call < 500; call += 1) refuse(first)
    refuse({ ...first, origin: 'https://orders.internal' })
    expect(told.map(({ count }) => count)).toEqual([1, 1])
    await clock.advance(10_000)
    expect(told.slice(2)).toEqual([{ ...first, count: 499 }])
    await clock.advance(60_000)
    expect(told).toHaveLength(3)
    refuse(first)
    await clock.advance(9_999)
    expect(told).toHaveLength(3)
    await clock.advance(1)
    expect(told.at(-1)).toEqual({ ...first, count: 1 })
  })

  test('I8 a client that closes leaves no timer, and tells nothing more', async () => {
    const { clock, told, stop, refuse } = setUp()
    refuse(first)
    refuse(first)
    stop()
    expect(clock.timers).toBe(0)
    await clock.advance(60_000)
    expect(told).toHaveLength(1)
  })
})

test('W25 what a challenge says is cut to 200 characters, and shows no token', async () => {
  const scopes = [`${'x'.repeat(9000)} read`, Array.from({ length: 900 }, (_, one) => `scope-${one}`).join(' '), 'a t1']
  for (const scope of scopes) {
    const challenge = `Bearer error="insufficient_scope", scope="${scope}"`
    const { agent, server, rejections } = await bearerRoad({ answer: refusing(challenge, 403) })
    await (await request(server.origin, { dispatcher: agent })).body.dump()
    const [{ neededScope = [] } = {}] = rejections as readonly Partial<Rejected>[]
    expect(neededScope.join(' ').length).toBeLessThanOrEqual(200)
    expect(neededScope).not.toContain('t1')
    expect(neededScope.length).toBeGreaterThan(0)
  }
})
