import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as after } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { guardedEmitter } from '../../src/emitter.ts'
import { bearerRoad, closing, type Road, type RoadOptions, settled, until } from '../support/bearer.ts'
import { accepting } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const { Agent, request } = undici
const caller = new AsyncLocalStorage<string>()

interface Overheard extends Road {
  /** The caller whose context each attempt had when it reached the interceptor below. */
  readonly attempts: (string | undefined)[]
  readonly dispatcher: Dispatcher
}

/** One shared connection, and an interceptor below ours that reads the context of the caller. */
async function overheard(options: RoadOptions): Promise<Overheard> {
  const road = await bearerRoad(options)
  const attempts: (string | undefined)[] = []
  const below: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (given, handler) => {
    attempts.push(caller.getStore())
    return dispatch(given, handler)
  }
  const dispatcher = closing(new Agent({ connections: 1 })).compose(below, road.interceptor)
  return { ...road, attempts, dispatcher }
}

/** Every callback of a handler, with the caller whose context it had. */
function listening(dispatcher: Dispatcher, origin: string, heard: string[]): Promise<void> {
  const hear = (name: string) => heard.push(`${name} of ${caller.getStore()}`)
  return new Promise((resolve) => {
    dispatcher.dispatch(
      { origin, path: '/', method: 'GET' },
      {
        onRequestStart: () => void hear('start'),
        onResponseStart: (_, status) => void hear(`answer ${status}`),
        onResponseData: () => void hear('data'),
        onResponseEnd: () => resolve(void hear('end')),
        onResponseError: () => resolve(void hear('error'))
      }
    )
  })
}

/** alice opens the connection on which all later requests travel. */
async function aliceConnects({ dispatcher, server }: Overheard): Promise<void> {
  await caller.run('alice', async () => (await request(server.origin, { dispatcher })).body.dump())
}

test("W1 bob's second attempt runs in bob's context, on the connection that alice opened", async () => {
  let calls = 0
  const road = await overheard({
    answer: (received, response) => accepting(++calls === 1 ? 't1' : 't2')(received, response)
  })
  await aliceConnects(road)
  const heard: string[] = []
  await caller.run('bob', () => listening(road.dispatcher, road.server.origin, heard))
  expect(road.attempts).toEqual(['alice', 'bob', 'bob'])
  expect(heard).toEqual(['start of bob', 'start of bob', 'answer 200 of bob', 'data of bob', 'end of bob'])
  expect(road.server.connections).toBe(1)
})

test('W1 the token that replaces a refused one is asked for in the context of the refused request', async () => {
  const road = await overheard({ answer: accepting('t2') })
  const asking: (string | undefined)[] = []
  const { token } = road.tokens
  road.tokens.token = (...given) => {
    asking.push(caller.getStore())
    return token(...given)
  }
  await aliceConnects(road)
  await caller.run('bob', () => listening(road.dispatcher, road.server.origin, []))
  expect(asking).toEqual(['alice', 'alice', 'bob'])
})

test('W1 a request that waited for a token goes on, and is answered, in its own context', async () => {
  const road = await overheard({ warm: false })
  road.tokens.hold()
  const heard: string[] = []
  const names = ['alice', 'bob', 'carol']
  const sent = names.map((name) => caller.run(name, () => listening(road.dispatcher, road.server.origin, heard)))
  road.tokens.open()
  await Promise.all(sent)
  expect(road.attempts).toEqual(names)
  for (const name of names) {
    const own = heard.filter((line) => line.endsWith(` of ${name}`))
    expect(own.map((line) => line.split(' of ')[0])).toEqual(['start', 'start', 'answer 200', 'data', 'end'])
  }
})

test('W1 a refused answer that is given back is heard in the context of its request', async () => {
  let calls = 0
  const road = await overheard({
    answer: (received, response) => accepting(++calls === 1 ? 't1' : 'nobody')(received, response)
  })
  await aliceConnects(road)
  road.tokens.fail(new Error('down'))
  const heard: string[] = []
  await caller.run('bob', () => listening(road.dispatcher, road.server.origin, heard))
  expect(heard).toEqual(['start of bob', 'answer 401 of bob', 'data of bob', 'end of bob'])
})

test('W1 an abort that somebody else makes is heard in the context of the request', async () => {
  const road = await overheard({ warm: false })
  road.tokens.hold()
  const errors: (string | undefined)[] = []
  let abort = (): void => {}
  caller.run('bob', () =>
    road.dispatcher.dispatch(
      { origin: road.server.origin, path: '/', method: 'GET' },
      {
        onRequestStart(controller) {
          abort = () => controller.abort(new Error('left'))
        },
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd() {},
        onResponseError: () => void errors.push(caller.getStore())
      }
    )
  )
  caller.run('alice', abort)
  await settled()
  expect(errors).toEqual(['bob'])
})

test('W1 the promises of undici and of fetch go on in the context of their own call', async () => {
  let calls = 0
  const road = await overheard({
    answer: (received, response) => accepting(++calls === 1 ? 't1' : 't2')(received, response)
  })
  await aliceConnects(road)
  const bob = caller.run('bob', async () => {
    const { body } = await request(road.server.origin, { dispatcher: road.dispatcher })
    await body.text()
    return caller.getStore()
  })
  const carol = caller.run('carol', async () => {
    await (await undici.fetch(road.server.origin, { dispatcher: road.dispatcher })).text()
    return caller.getStore()
  })
  expect([await bob, await carol]).toEqual(['bob', 'carol'])
  expect(road.attempts.filter((name) => name === 'alice')).toHaveLength(1)
})

test("W1 listeners of events hear in no caller's context, whoever caused the event", async () => {
  const { emit, on } = guardedEmitter()
  const heard: (string | undefined)[] = []
  on('expired', async () => {
    heard.push(caller.getStore())
    await after(1)
    heard.push(caller.getStore())
  })
  caller.run('bob', () => emit('expired', { serial: 1, scope: [], resource: [] }))
  await until(() => heard.length === 2)
  expect(heard).toEqual([undefined, undefined])
})
