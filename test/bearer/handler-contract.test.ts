import { expect, test } from 'vitest'
import type { Controller, DispatchOptions, Handler } from '../../src/bearer/dispatch.ts'
import { type BearerOptions, bearerInterceptor } from '../../src/bearer/interceptor.ts'
import { routeTable } from '../../src/bearer/routes.ts'
import { AccessToken } from '../../src/token/access-token.ts'
import type { Asking } from '../../src/token/token-source.ts'
import { bearerRoad, read, settled, until } from '../support/bearer.ts'
import { testTokens, unobserved } from '../support/tokens.ts'

const origin = 'https://users.internal'

interface Dispatched {
  readonly options: DispatchOptions
  readonly handler: Required<Handler> & { onRequestSent(): void }
}

/** Sends through the interceptor to a dispatcher that only records. The test plays the role of undici. */
function dispatched(
  options: object,
  handler: object,
  source: BearerOptions['source'] = testTokens({ warm: [read] })
): Dispatched[] {
  const notes: Dispatched[] = []
  const interceptor = bearerInterceptor({ source, routes: routeTable([{ origin, request: read }]), ...unobserved })
  const dispatch = interceptor((taken, takenHandler) => {
    notes.push({ options: taken, handler: takenHandler as Dispatched['handler'] })
    return true
  })
  dispatch({ origin, path: '/', method: 'GET', ...options }, handler as Handler)
  return notes
}

/** A handler that undici takes, with some callbacks of its own. */
function whole(own: Partial<Handler> = {}): Handler {
  const none = () => {}
  const rest = { onRequestStart: none, onResponseStart: none, onResponseData: none, onResponseEnd: none }
  return { ...rest, onResponseError: none, ...own }
}

function only(notes: readonly Dispatched[]): Dispatched {
  expect(notes).toHaveLength(1)
  return notes[0] as Dispatched
}

interface TestController extends Controller {
  readonly calls: unknown[]
}

function controller(fields: Partial<Controller> = {}): TestController {
  const calls: unknown[] = []
  return {
    calls,
    aborted: false,
    paused: false,
    reason: null,
    abort: (reason) => void calls.push(['abort', reason]),
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    ...fields
  }
}

/** A handler of any form that records its callbacks. */
function noting(answers: Readonly<Record<string, unknown>> = {}): {
  readonly told: unknown[][]
  readonly handler: object
} {
  const told: unknown[][] = []
  const handler = new Proxy(
    {},
    {
      get: (_, name) =>
        (answers.form === 'older') === (name === 'onRequestStart')
          ? undefined
          : (...given: unknown[]) => {
              told.push([name, ...given])
              return answers[String(name)]
            }
    }
  )
  return { told, handler }
}

test('D33 D34 every callback reaches the handler, with the controller that it was given first', () => {
  const told: unknown[][] = []
  const names = [
    'onBodySent',
    'onRequestSent',
    'onResponseStarted',
    'onRequestUpgrade',
    'onResponseStart',
    'onResponseData',
    'onResponseEnd',
    'onResponseError',
    'onRequestStart'
  ]
  const own = Object.fromEntries(names.map((name) => [name, (...given: unknown[]) => void told.push([name, ...given])]))
  const { handler } = only(dispatched({}, own))
  const live = controller({ rawHeaders: ['x'], rawTrailers: ['y'] })
  const error = new Error('broken')
  handler.onRequestStart(live, 'context')
  const facade = told[0]?.[1] as Controller
  handler.onBodySent('chunk' as never, 5)
  handler.onRequestSent()
  handler.onResponseStarted()
  handler.onResponseStart(live, 103, {}, 'Early Hints')
  handler.onResponseStart(live, 200, { a: 'b' }, 'OK')
  handler.onResponseData(live, Buffer.from('data'))
  handler.onResponseEnd(live, { t: 'u' })
  handler.onRequestUpgrade(live, 101, {}, 'socket' as never)
  handler.onResponseError(live, error)
  handler.onResponseError(live, new Error('again'))
  expect(told).toEqual([
    ['onRequestStart', facade, 'context'],
    ['onBodySent', 'chunk', 5],
    ['onRequestSent'],
    ['onResponseStarted'],
    ['onResponseStart', facade, 103, {}, 'Early Hints'],
    ['onResponseStart', facade, 200, { a: 'b' }, 'OK'],
    ['onResponseData', facade, Buffer.from('data')],
    ['onResponseEnd', facade, { t: 'u' }],
    ['onRequestUpgrade', facade, 101, {}, 'socket'],
    ['onResponseError', facade, error]
  ])
  expect([facade.rawHeaders, facade.rawTrailers]).toEqual([['x'], ['y']])
})

test('D33 the controller passes on what is done to it, and lets interceptors write to it', () => {
  const started: Controller[] = []
  const { handler } = only(dispatched({}, { onRequestStart: (one: Controller) => void started.push(one) }))
  const live = controller()
  handler.onRequestStart(live, null)
  const given = started[0] as Controller
  given.pause()
  expect(given.paused).toBe(true)
  given.resume()
  given.rawHeaders = ['a']
  given.rawTrailers = ['b']
  given.abort(new Error('left'))
  given.abort(new Error('again'))
  expect(live.calls).toEqual(['pause', 'resume', ['abort', new Error('left')]])
  expect([live.rawHeaders, live.rawTrailers]).toEqual([['a'], ['b']])
  expect([given.aborted, given.reason]).toEqual([true, new Error('left')])
})

test('D33 what is paused before there is a connection is paused when there is one', async () => {
  const tokens = testTokens()
  const notes = dispatched({}, whole({ onRequestStart: (given) => given.pause() }), tokens)
  await until(() => notes.length === 1)
  const live = controller()
  notes[0]?.handler.onRequestStart(live, null)
  expect(live.calls[0]).toBe('pause')
})

test('D33 a request that is paused while its 401 is held is paused in the second attempt', async () => {
  const tokens = testTokens({ warm: [read] })
  const given: Controller[] = []
  const notes = dispatched({}, whole({ onRequestStart: (one) => void given.push(one) }), tokens)
  const first = controller()
  notes[0]?.handler.onRequestStart(first, null)
  notes[0]?.handler.onResponseStart(first, 401, {})
  notes[0]?.handler.onResponseEnd(first, {})
  given[0]?.pause()
  await until(() => notes.length === 2)
  const second = controller()
  notes[1]?.handler.onRequestStart(second, null)
  expect(first.calls).toEqual([])
  expect(second.calls).toEqual(['pause'])
  given[0]?.resume()
  expect(second.calls).toEqual(['pause', 'resume'])
})

test('W40 D33 a 401 that is given back to a handler that pauses waits until it resumes', async () => {
  const source = {
    token: (_: unknown, { rejected }: Asking = {}) =>
      rejected === undefined ? someToken(1) : Promise.reject(new Error('down'))
  }
  const told: unknown[] = []
  const started: Controller[] = []
  const { handler } = only(
    dispatched(
      {},
      {
        onRequestStart: (one: Controller) => void started.push(one),
        onResponseStart: (given: Controller, status: number) => {
          told.push(status)
          given.pause()
        },
        onResponseData: (_: unknown, chunk: Buffer) => void told.push(chunk.toString())
      },
      source
    )
  )
  const live = controller()
  handler.onRequestStart(live, null)
  handler.onResponseStart(live, 401, {})
  handler.onResponseData(live, Buffer.from('kept'))
  await settled()
  expect(told).toEqual([401])
  expect(live.calls).toEqual(['pause'])
  started[0]?.resume()
  expect(told).toEqual([401, 'kept'])
  handler.onResponseData(live, Buffer.from('more'))
  expect(live.calls).toEqual(['pause', 'resume', 'resume'])
  expect(told).toEqual([401, 'kept', 'more'])
})

test('D2 the failure of a token request that a refused stream started causes no unhandled rejection', async () => {
  let asked = 0
  const source = {
    token(_: unknown, { rejected }: Asking = {}) {
      if (rejected === undefined) return someToken(1)
      asked += 1
      return Promise.reject(new Error('down'))
    }
  }
  const { handler } = only(dispatched({ method: 'POST', body: { pipe() {}, on() {} } }, whole(), source))
  handler.onRequestStart(controller(), null)
  handler.onResponseStart(controller(), 401, {})
  await settled() // vitest fails on an unhandled rejection
  expect(asked).toBe(1)
})

test('U113 a handler that throws at a 401 that is given back gets its error, and the connection is let go', async () => {
  const closed: string[] = []
  const { agent, server, tokens } = await bearerRoad({
    answer: (_received, response) => {
      response.on('close', () => closed.push('closed'))
      response.writeHead(401).write('part')
    }
  })
  tokens.fail(new Error('down'))
  const errors: Error[] = []
  agent.dispatch(
    { origin: server.origin, path: '/', method: 'GET' },
    {
      onRequestStart() {},
      onResponseStart() {
        throw new Error('mine')
      },
      onResponseData() {},
      onResponseEnd() {},
      onResponseError: (_, error) => void errors.push(error)
    }
  )
  await until(() => closed.length === 1)
  expect(errors.map(({ message }) => message)).toEqual(['mine'])
})

test('C30 what was checked is what is sent, even if the options return something else the second time', () => {
  let reads = 0
  const options = {
    get origin() {
      return reads++ === 0 ? 'HTTPS://Users.Internal:443/' : 'https://evil.example'
    }
  }
  const notes: DispatchOptions[] = []
  const interceptor = bearerInterceptor({
    source: testTokens({ warm: [read] }),
    routes: routeTable([{ origin, request: read }]),
    ...unobserved
  })
  const dispatch = interceptor((taken) => {
    notes.push(taken)
    return true
  })
  dispatch(
    Object.assign(Object.create(null, Object.getOwnPropertyDescriptors(options)), { path: '/', method: 'GET' }),
    {}
  )
  expect(notes).toMatchObject([{ origin, headers: { authorization: 'Bearer t1' } }])
})

test('a recorded body is let go as soon as the answer needs no second attempt', async () => {
  const { handler, options } = only(dispatched({ method: 'POST', body: ['a', 'b'].values() }, whole()))
  const body = options.body as unknown as AsyncIterable<string>
  const live = controller()
  handler.onRequestStart(live, null)
  expect(await readAll(body)).toEqual(['a', 'b'])
  handler.onResponseStart(live, 200, {})
  await expect(readAll(body)).rejects.toThrow('cannot be sent again')
})

async function readAll(body: AsyncIterable<string>): Promise<string[]> {
  const chunks: string[] = []
  for await (const chunk of body) chunks.push(chunk)
  return chunks
}

function someToken(serial: number): AccessToken {
  return new AccessToken({ value: `t${serial}`, scope: [], obtainedAt: 0, expiresAt: 1, serial })
}

test('D33 a handler of the older form hears everything in its own words', () => {
  const { told, handler: older } = noting({ form: 'older', onHeaders: false, onData: false })
  const { handler, options } = only(dispatched({ dispatcher: 'left in by an older undici' }, older))
  expect(options).toMatchObject({ dispatcher: undefined, allowH2: false })
  const live = controller({ rawHeaders: ['Set-Cookie', 'a', 'Set-Cookie', 'b'], rawTrailers: null })
  handler.onRequestStart(live, 'context')
  handler.onBodySent('chunk' as never, 5)
  handler.onRequestSent()
  handler.onResponseStarted()
  handler.onResponseStart(live, 200, {}, 'OK')
  handler.onResponseData(live, Buffer.from('data'))
  handler.onResponseEnd(live, { t: ['u', 'v'] })
  const [[, abort] = [], , , , [, , , resume] = []] = told
  expect(told).toEqual([
    ['onConnect', abort, 'context'],
    ['onBodySent', 'chunk'],
    ['onRequestSent'],
    ['onResponseStarted'],
    ['onHeaders', 200, ['Set-Cookie', 'a', 'Set-Cookie', 'b'].map((text) => Buffer.from(text)), resume, 'OK'],
    ['onData', Buffer.from('data')],
    ['onComplete', ['t', 'u', 't', 'v'].map((text) => Buffer.from(text))]
  ])
  ;(resume as () => void)()
  ;(abort as (reason: Error) => void)(new Error('left'))
  expect(live.calls).toEqual(['pause', 'pause', 'resume', ['abort', new Error('left')]])
})

test('D33 a handler of the older form hears of an upgrade and of an error, and what it lacks is lacking in its adapter', () => {
  const { told, handler: older } = noting({ form: 'older' })
  const { handler } = only(dispatched({ upgrade: 'websocket' }, older))
  const live = controller({ rawHeaders: { upgrade: 'websocket' } })
  handler.onRequestStart(live, null)
  handler.onRequestUpgrade(live, 101, {}, 'socket' as never)
  handler.onResponseError(live, new Error('broken'))
  expect(told.slice(1)).toEqual([
    ['onUpgrade', 101, [Buffer.from('upgrade'), Buffer.from('websocket')], 'socket'],
    ['onError', new Error('broken')]
  ])
  const deaf = only(dispatched({}, { onConnect() {}, onHeaders() {} }))
  const { onRequestStart, onResponseStart, onResponseData, onResponseError } = deaf.handler
  expect([typeof onRequestStart, typeof onResponseStart]).toEqual(['function', 'function'])
  expect([onResponseData, onResponseError]).toEqual([undefined, undefined])
})

test("D33 a foreign origin gets the adapted handler too, and options of the newer form stay the caller's object", () => {
  const { handler: older } = noting({ form: 'older' })
  const foreign = 'https://evil.example'
  expect(only(dispatched({ origin: foreign }, older)).handler.onRequestStart).toBeTypeOf('function')
  const own = { onRequestStart() {} }
  expect(only(dispatched({ origin: foreign }, own)).handler).toBe(own)
})
