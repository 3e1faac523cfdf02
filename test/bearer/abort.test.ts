import { expect, test } from 'vitest'
import { bearerRoad, type Road, settled, until } from '../support/bearer.ts'
import { accepting } from '../support/resource-server.ts'
import { platformFetch, undici } from '../support/undici.ts'

const reason = new Error('the caller left')

type Send = (road: Road, signal: AbortSignal) => Promise<unknown>

const apis: readonly (readonly [string, Send])[] = [
  ['request', ({ agent, server }, signal) => undici.request(server.origin, { dispatcher: agent, signal })],
  [
    'stream',
    ({ agent, server }, signal) =>
      undici.stream(server.origin, { dispatcher: agent, signal, method: 'GET' }, () => {
        throw new Error('no answer was expected')
      })
  ],
  ['fetch', ({ agent, server }, signal) => undici.fetch(server.origin, { dispatcher: agent, signal })],
  ["the platform's fetch", ({ agent, server }, signal) => platformFetch(server.origin, { dispatcher: agent, signal })]
]

test.each(apis)(
  'D27 U44 U59 an abort of %s while it waits for a token ends it at once, and only it',
  async (_api, send) => {
    const road = await bearerRoad({ warm: false })
    road.tokens.hold()
    const controller = new AbortController()
    const sent = send(road, controller.signal)
    const other = undici.request(road.server.origin, { dispatcher: road.agent })
    await until(() => road.tokens.waiting === 2)
    controller.abort(reason)
    await expect(sent).rejects.toBe(reason)
    await settled()
    expect(road.tokens.waiting).toBe(1)
    expect(road.server.requests).toEqual([])
    road.tokens.open()
    const { statusCode, body } = await other
    await body.dump()
    expect(statusCode).toBe(200)
    expect(road.server.requests).toHaveLength(1)
    expect(road.tokens.issued).toBe(1)
  }
)

test.each(apis)('D28 U49 an abort of %s while its token is replaced ends it at once', async (_api, send) => {
  const road = await bearerRoad({ answer: accepting('t2') })
  road.tokens.hold()
  const controller = new AbortController()
  const sent = send(road, controller.signal)
  await until(() => road.tokens.waiting === 1)
  controller.abort(reason)
  await expect(sent).rejects.toBe(reason)
  road.tokens.open()
  await settled()
  expect(road.server.requests).toHaveLength(1)
  expect(road.tokens.waiting).toBe(0)
})

test.each(apis)('D27 U54 %s with a signal that is aborted already sends nothing', async (_api, send) => {
  const road = await bearerRoad({ warm: false })
  road.tokens.hold()
  await expect(send(road, AbortSignal.abort(reason))).rejects.toThrow(/the caller left|aborted/) // the stream of undici 7 has its own message
  road.tokens.open()
  await settled()
  expect(road.server.requests).toEqual([])
  expect(road.tokens.waiting).toBe(0)
})

test('D28 U60 an abort during the second answer breaks it off', async () => {
  const { agent, server } = await bearerRoad({
    answer: (received, response) => {
      if (received.authorization === 'Bearer t2') response.writeHead(200).write('first')
      else accepting('t2')(received, response)
    }
  })
  const controller = new AbortController()
  const { body } = await undici.request(server.origin, { dispatcher: agent, signal: controller.signal })
  const text = body.text()
  controller.abort(reason)
  await expect(text).rejects.toBe(reason)
})

test('D28 U61 an abort while a slow 401 is read closes its connection', async () => {
  const { agent, server, tokens } = await bearerRoad({
    answer: (_received, response) => {
      response.on('close', () => closed.push('closed'))
      response.writeHead(401).write('slow')
    }
  })
  const closed: string[] = []
  tokens.hold()
  const controller = new AbortController()
  const sent = undici.request(server.origin, { dispatcher: agent, signal: controller.signal })
  await until(() => tokens.waiting === 1)
  controller.abort(reason)
  await expect(sent).rejects.toBe(reason)
  await until(() => closed.length === 1)
  expect(server.requests).toHaveLength(1)
})

test.each(['waiting', 'refused'])('U62 two aborts while %s are one error', async (state) => {
  const { agent, server, tokens } = await bearerRoad({ warm: state === 'refused', answer: accepting('nobody') })
  tokens.hold()
  const errors: Error[] = []
  let abort = (_reason: Error): void => {}
  agent.dispatch(
    { origin: server.origin, path: '/', method: 'GET' },
    {
      onRequestStart(controller) {
        abort = (why) => controller.abort(why)
      },
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {},
      onResponseError: (_, error) => void errors.push(error)
    }
  )
  await until(() => tokens.waiting === 1)
  abort(reason)
  abort(new Error('again'))
  expect(errors).toEqual([reason])
  tokens.open()
  await settled()
  expect(errors).toEqual([reason])
})

test('U62 an abort without a reason is an error all the same', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const errors: Error[] = []
  agent.dispatch(
    { origin: server.origin, path: '/', method: 'GET' },
    {
      onRequestStart: (controller) => (controller.abort as () => void)(),
      onResponseError: (_, error) => void errors.push(error)
    }
  )
  expect(errors).toMatchObject([{ name: 'AbortError' }])
})

test('D27 an abort between the arrival of the token and the connection sends nothing', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const controller = new AbortController()
  const sent = undici.request(server.origin, { dispatcher: agent, signal: controller.signal })
  sent.catch(() => {})
  await until(() => tokens.waiting === 1)
  tokens.open()
  while (tokens.waiting > 0) await Promise.resolve() // no turn of the event loop: no connection yet
  for (let step = 0; step < 10; step++) await Promise.resolve()
  controller.abort(reason)
  await expect(sent).rejects.toBe(reason)
  await settled(20)
  expect(server.requests).toEqual([])
})
