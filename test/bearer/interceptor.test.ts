import { AsyncLocalStorage } from 'node:async_hooks'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { TokenClientError } from '../../src/errors.ts'
import { bearerRoad, settled } from '../support/bearer.ts'
import { undici } from '../support/undici.ts'

const { fetch, request } = undici
const unavailable = new TokenClientError('ERR_NETWORK', 'The authorization server cannot be reached.', {
  transient: true
})

test('U2 with a token at hand the request is dispatched in the same tick, and the answer is that of undici', async () => {
  const { interceptor, server } = await bearerRoad()
  for (const taken of [true, false]) {
    const dispatched: unknown[] = []
    const dispatch = interceptor((options) => {
      dispatched.push(options.headers)
      return taken
    })
    const answer = dispatch({ origin: server.origin, path: '/', method: 'GET' }, { onRequestStart() {} })
    expect(answer).toBe(taken)
    expect(dispatched).toEqual([{ authorization: 'Bearer t1' }])
  }
})

test('U4 compose of undici 8 gets the function of two parameters that it insists on', async () => {
  const { interceptor } = await bearerRoad()
  expect(interceptor(() => true)).toHaveLength(2)
})

test('U1 U3 U5 fifty requests without a token wait for one token, and are told to go on', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const sent = Array.from({ length: 50 }, () => request(server.origin, { dispatcher: agent }))
  const started: unknown[] = []
  const taken = agent.dispatch(
    { origin: server.origin, path: '/', method: 'GET' },
    {
      onRequestStart: (...given) => void started.push(given[1]),
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {},
      onResponseError() {}
    }
  )
  expect(taken).toBe(true)
  expect(started).toEqual([null])
  await settled()
  expect(server.requests).toEqual([])
  tokens.open()
  for (const { body } of await Promise.all(sent)) await body.dump()
  expect(tokens.issued).toBe(1)
  expect(new Set(server.requests.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer t1']))
})

test('D29 U7 without a token the resource is not called, and the error is that of the token client', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.fail(unavailable)
  await expect(request(server.origin, { dispatcher: agent })).rejects.toBe(unavailable)
  await expect(fetch(server.origin, { dispatcher: agent })).rejects.toMatchObject({ cause: unavailable })
  expect(server.requests).toEqual([])
  tokens.fail()
  const { statusCode, body } = await request(server.origin, { dispatcher: agent })
  await body.dump()
  expect(statusCode).toBe(200)
})

test('U8 a stream that will not be sent is destroyed', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.fail(unavailable)
  const errors: unknown[] = []
  const handler = { onRequestStart() {}, onResponseError: (_: unknown, error: Error) => void errors.push(error) }
  const stream = Readable.from(['chunk'])
  agent.dispatch({ origin: server.origin, path: '/', method: 'POST', body: stream }, handler)
  await settled()
  expect(errors).toEqual([unavailable])
  expect(stream.destroyed).toBe(true)

  const web = new ReadableStream()
  agent.dispatch({ origin: server.origin, path: '/?access_token=x', method: 'POST', body: web as never }, handler)
  await expect(web.getReader().closed).resolves.toBeUndefined()
  expect(errors).toHaveLength(2)
})

test('U9 each waiting request goes on in its own asynchronous context', async () => {
  const { agent, server, tokens, interceptor } = await bearerRoad({ warm: false })
  const context = new AsyncLocalStorage<number>()
  const seen: (number | undefined)[] = []
  const dispatch = interceptor((options, handler) => {
    seen.push(context.getStore())
    return agent.dispatch(options, handler)
  })
  tokens.hold()
  const options = { origin: server.origin, path: '/', method: 'GET' as const }
  for (const id of [1, 2, 3]) context.run(id, () => dispatch(options, { onRequestStart() {}, onResponseError() {} }))
  tokens.open()
  await settled()
  expect(seen).toEqual([1, 2, 3])
})

test('U113 a handler that throws when it is told to start gets its own error, once, and nothing is sent', async () => {
  const { agent, server } = await bearerRoad({ warm: false })
  const errors: Error[] = []
  agent.dispatch(
    { origin: server.origin, path: '/', method: 'GET' },
    {
      onRequestStart() {
        throw new Error('mine')
      },
      onResponseError: (_, error) => void errors.push(error)
    }
  )
  await settled()
  expect(errors.map(({ message }) => message)).toEqual(['mine'])
  expect(server.requests).toEqual([])
})

test('U109 a dispatcher that throws after the wait is an error of the request', async () => {
  const { interceptor, server } = await bearerRoad({ warm: false })
  const errors: Error[] = []
  const dispatch = interceptor(() => {
    throw new Error('no such mock')
  })
  const handler = { onRequestStart() {}, onResponseError: (_: unknown, error: Error) => void errors.push(error) }
  dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler)
  await settled()
  expect(errors.map(({ message }) => message)).toEqual(['no such mock'])
})

test('U110 an agent that is closed while a request waits for its token rejects that request', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const sent = request(server.origin, { dispatcher: agent })
  sent.catch(() => {})
  await agent.close()
  tokens.open()
  await expect(sent).rejects.toMatchObject({ code: expect.stringMatching(/^UND_ERR_(DESTROYED|CLOSED)$/) })
})
