import { createReadStream } from 'node:fs'
import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { nodeHttp } from '../../src/adapters/index.ts'
import type { TokenClient } from '../../src/index.ts'
import { settled, until } from '../support/bearer.ts'
import { accepting, resourceServer } from '../support/resource-server.ts'
import { road } from '../support/road.ts'
import { generous, refusingApi, waiting, withoutToken } from './api.ts'

const challenge = { 'www-authenticate': 'Bearer' }

test('W11 D1 node:http: a refused token is replaced and the request sent once more', async () => {
  const { tokens, api, refused, rejections } = await refusingApi()
  const send = nodeHttp(tokens, { origins: [api.origin] })
  const response = await send(`${api.origin}/users?id=42`, { headers: { 'x-user': 'kept' } })
  expect([response.statusCode, await text(response)]).toEqual([200, '/users?id=42'])
  expect(api.requests.map(({ authorization }) => authorization === refused)).toEqual([true, false])
  expect(api.requests.map(({ headers }) => headers['x-user'])).toEqual(['kept', 'kept'])
  expect(rejections).toMatchObject([{ origin: api.origin, status: 401, error: 'invalid_token' }])
})

const lasting: readonly (readonly [string, () => string | Uint8Array | (() => Readable)])[] = [
  ['a string', () => 'sent'],
  ['bytes', () => new TextEncoder().encode('sent')],
  ['a function that makes a stream', () => () => Readable.from(['se', 'nt'])]
]

test.each(lasting)('W11 D9 node:http repeats a request with a body that is %s', async (_kind, body) => {
  const { tokens, api } = await refusingApi()
  const response = await nodeHttp(tokens, { origins: [api.origin] })(api.origin, { method: 'POST', body: body() })
  expect(await text(response)).toBe('sent')
  expect(api.requests.map((received) => received.body)).toEqual(['sent', 'sent'])
})

test('W11 D2 node:http hands the 401 on when the body was a stream, and the next call has another token', async () => {
  const { tokens, api } = await refusingApi()
  const send = nodeHttp(tokens, { origins: [api.origin] })
  const response = await send(api.origin, { method: 'POST', body: Readable.from(['sent']) })
  expect([response.statusCode, await text(response)]).toEqual([401, 'refused'])
  expect((await send(api.origin)).statusCode).toBe(200)
  expect(api.requests).toHaveLength(2)
})

test.each([
  ['a 401 that stays', 401, challenge, 2],
  ['a scope that is missing', 401, { 'www-authenticate': 'Bearer error="insufficient_scope"' }, 1],
  ['another scheme', 401, { 'www-authenticate': 'Basic' }, 1],
  ['403', 403, challenge, 1],
  ['407', 407, challenge, 1]
])('W11 D4 D5 D6 node:http gives the caller %s', async (_kind, status, headers, requests) => {
  const { tokens, api } = await refusingApi((_received, response) =>
    response.writeHead(status, headers).end('as it is')
  )
  const response = await nodeHttp(tokens, { origins: [api.origin] })(api.origin)
  expect([response.statusCode, await text(response)]).toEqual([status, 'as it is'])
  expect(api.requests).toHaveLength(requests)
})

test('W11 D13 C30 node:http sends no token to a foreign origin, whatever else the call contains', async () => {
  const { tokens, api, refused } = await refusingApi()
  const foreign = await resourceServer(accepting('nobody'))
  const send = nodeHttp(tokens, { origins: [api.origin] })
  expect((await send(foreign.origin)).statusCode).toBe(401)
  const elsewhere = { host: '127.0.0.1', hostname: '127.0.0.1', port: foreign.port, path: '/', auth: 'a:b' } as object
  expect((await send(api.origin, elsewhere)).statusCode).toBe(200)
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  expect(api.requests[0]?.authorization).toBe(refused)
})

test('W11 W2 node:http sends to the URL that was checked, even if it was changed meanwhile', async () => {
  const { tokens, api } = await refusingApi()
  const foreign = await resourceServer()
  const url = new URL(`${api.origin}/users`)
  const sent = nodeHttp(tokens, { origins: [api.origin] })(url)
  url.href = foreign.origin
  expect((await sent).statusCode).toBe(200)
  expect(foreign.requests).toEqual([])
})

test("W11 D20 W7 node:http: the caller's own Authorization is sent without ours, and one that is undefined is ignored", async () => {
  const { tokens, api, refused } = await refusingApi((_received, response) => response.writeHead(401).end())
  const send = nodeHttp(tokens, { origins: [api.origin] })
  await send(api.origin, { headers: { Authorization: 'Basic mine' } })
  expect(api.requests.map(({ authorization }) => authorization)).toEqual(['Basic mine'])
  await send(api.origin, { headers: { Authorization: undefined } })
  expect(api.requests[1]?.authorization).toBe(refused)
})

test('W11 W4 C25 node:http refuses the Host of another service and a token in the query', async () => {
  const { tokens, api } = await refusingApi()
  const send = nodeHttp(tokens, { origins: [api.origin] })
  await expect(send(api.origin, { headers: { Host: 'evil.test' } })).rejects.toMatchObject({
    code: 'ERR_UNCERTAIN_ORIGIN'
  })
  await expect(send(`${api.origin}/?access_token=x`)).rejects.toMatchObject({ code: 'ERR_TOKEN_IN_QUERY' })
  expect(api.requests).toEqual([])
})

test('W11 D29 without a token node:http sends nothing and destroys the stream', async () => {
  const tokens = await withoutToken()
  const api = await resourceServer()
  const body = new Readable({ read() {} })
  const sent = nodeHttp(tokens, { origins: [api.origin] })(api.origin, { method: 'POST', body })
  await expect(sent).rejects.toMatchObject({ name: 'TokenClientError' })
  expect(body.destroyed).toBe(true)
  expect(api.requests).toEqual([])
})

test('W11 W37 a stream that fails while node:http waits for a token is the failure of the call', async () => {
  const tokens = await waiting()
  const api = await resourceServer()
  const body = createReadStream('/no/such/file')
  const sent = nodeHttp(tokens, { origins: [api.origin] })(api.origin, { method: 'POST', body })
  await expect(sent).rejects.toMatchObject({ code: 'ENOENT' })
  expect(api.requests).toEqual([])
})

test('W11 D27 the signal ends the wait of node:http for a token', async () => {
  const tokens = await waiting()
  const api = await resourceServer()
  const { signal, abort } = abortable()
  const sent = nodeHttp(tokens, { origins: [api.origin] })(api.origin, { signal })
  abort()
  await expect(sent).rejects.toThrow('the caller left')
  expect(api.requests).toEqual([])
})

test('W11 D28 the signal ends the wait of node:http for another token', async () => {
  const { tokens, server, api } = await refusingApi()
  server.faults.hang()
  const { signal, abort } = abortable()
  const sent = nodeHttp(tokens, { origins: [api.origin] })(api.origin, { signal })
  await until(() => api.requests.length === 1)
  await settled()
  abort()
  await expect(sent).rejects.toThrow('the caller left')
  expect(api.requests).toHaveLength(1)
})

function abortable(): { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('the caller left')) }
}

test('W11 D4 node:http sends a request at most twice, even if there is a new token after each refusal', async () => {
  const api = await resourceServer(accepting('nobody'))
  const { client, tokens } = generous(api.origin)
  expect((await nodeHttp(client, { origins: [api.origin] })(api.origin)).statusCode).toBe(401)
  expect(api.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
  expect(tokens.issued).toBe(2)
})

test('W11 node:http sends through the agent that it is given', async () => {
  const { tokens, api } = await refusingApi()
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const send = nodeHttp(tokens, { origins: [api.origin] })
  for (let call = 0; call < 3; call += 1) await text(await send(api.origin, { agent }))
  expect(api.connections).toBeLessThanOrEqual(2)
})

test.each(['http://users.internal', 'https://*.internal'])(
  'W11 D22 node:http refuses the policy %s when it is made',
  async (origin) => {
    const { tokens } = await road()
    expect(() => nodeHttp(tokens, { origins: [origin] })).toThrow(
      expect.objectContaining({ name: 'ClientConfigurationError' })
    )
  }
)

test.each([undefined, null, {}, 'tokens'])(
  'W11 an adapter says what it wants when it is given %s for a client',
  (given) => {
    expect(() => nodeHttp(given as unknown as TokenClient, { origins: ['https://users.internal'] })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining('createTokenClient') })
    )
  }
)
