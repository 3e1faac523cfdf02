import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Controller } from '../../src/bearer/dispatch.ts'
import { type AnswerReader, HeldAnswer } from '../../src/bearer/held-answer.ts'
import { bearerRoad, closing, settled, until } from '../support/bearer.ts'
import { type Answer, accepting } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const { Agent, SnapshotAgent, interceptors, request } = undici

/** A held answer, the calls on its connection, and a reader that records its callbacks. */
function held(does: Partial<AnswerReader> = {}) {
  const wire: unknown[] = []
  const told: unknown[] = []
  const controller = {
    aborted: false,
    paused: false,
    reason: null,
    abort: (reason: Error) => void wire.push(reason.message),
    pause: () => void wire.push('pause'),
    resume: () => void wire.push('resume')
  } satisfies Controller
  const reader: AnswerReader = {
    start(...given) {
      told.push(given[0])
      does.start?.(...given)
    },
    data(chunk) {
      told.push(chunk.toString())
      does.data?.(chunk)
    },
    end(trailers) {
      told.push('end')
      does.end?.(trailers)
    },
    error: ({ message }) => void told.push(message)
  }
  return { answer: new HeldAnswer(controller, 401, {}), wire, told, reader }
}

describe('W40 a refused answer that is given back', () => {
  test('waits where its reader pauses, at each chunk and before the end, and goes on when it resumes', () => {
    const { answer, told, reader } = held({ start: () => answer.pause(), data: () => answer.pause() })
    answer.keep(Buffer.from('one'))
    answer.keep(Buffer.from('two'))
    answer.end({})
    answer.deliver(reader)
    expect(told).toEqual([401])
    answer.resume()
    expect(told).toEqual([401, 'one'])
    answer.resume()
    expect(told).toEqual([401, 'one', 'two'])
    answer.resume()
    expect(told).toEqual([401, 'one', 'two', 'end'])
    answer.resume()
    expect(told).toHaveLength(4)
  })

  test('keeps the order of what still comes while its reader has paused', () => {
    const { answer, told, wire, reader } = held({ start: () => answer.pause() })
    answer.keep(Buffer.from('one'))
    answer.deliver(reader)
    answer.keep(Buffer.from('two'))
    answer.end({})
    expect(told).toEqual([401])
    expect(wire).toEqual(['pause'])
    answer.resume()
    expect(told).toEqual([401, 'one', 'two', 'end'])
  })

  test('tells a reader that aborts its reason, at once and alone, and lets the connection go', () => {
    const { answer, told, wire, reader } = held({ start: () => answer.abort(new Error('left')) })
    answer.keep(Buffer.from('one'))
    answer.deliver(reader)
    answer.keep(Buffer.from('two'))
    answer.end({})
    answer.abort(new Error('again'))
    expect(told).toEqual([401, 'left'])
    expect(wire).toEqual(['left'])
    expect([answer.aborted, answer.reason]).toEqual([true, new Error('left')])
  })

  test('tells it also when all of the answer had come before', () => {
    const { answer, told, wire, reader } = held({ start: () => answer.abort(new Error('left')) })
    answer.keep(Buffer.from('one'))
    answer.end({})
    answer.deliver(reader)
    expect(told).toEqual([401, 'left'])
    expect(wire).toEqual([])
  })

  test('breaks off where it broke off, after what had come', () => {
    const { answer, told, reader } = held()
    answer.keep(Buffer.from('half'))
    answer.fail(new Error('broken'))
    answer.deliver(reader)
    answer.abort(new Error('too late'))
    expect(told).toEqual([401, 'half', 'broken'])
    expect(answer.aborted).toBe(false)
  })

  test.each(['start', 'data', 'end'])('tells a reader that throws at its %s that error', (callback) => {
    const { answer, told, wire, reader } = held({
      [callback]() {
        throw new Error('mine')
      }
    })
    answer.keep(Buffer.from('one'))
    if (callback === 'end') answer.end({})
    answer.deliver(reader)
    expect(told.at(-1)).toBe('mine')
    answer.keep(Buffer.from('two'))
    expect(told.at(-1)).toBe('mine')
    expect(wire).toHaveLength(callback === 'end' ? 0 : 1)
  })

  test('loses nothing that comes while its reader resumes', () => {
    const { answer, told, wire, reader } = held()
    answer.keep(Buffer.from('one'))
    answer.pause()
    answer.deliver(reader)
    const resume = wire.push.bind(wire)
    wire.push = (...calls) => {
      if (calls[0] === 'resume' && !told.includes('two')) answer.keep(Buffer.from('two'))
      return resume(...calls)
    }
    answer.resume()
    expect(told).toEqual([401, 'one', 'two'])
  })
})

const halfAnAnswer: Answer = (_received, response) => {
  response.writeHead(401, { 'content-length': '100' }).write('half')
  setImmediate(() => response.destroy())
}

test('W40 with retry around, that takes its time, half an answer does not pass for a whole one', async () => {
  const { server, tokens, interceptor } = await bearerRoad({ answer: halfAnAnswer })
  tokens.hold()
  tokens.fail(new Error('down'))
  const retry = interceptors.retry({
    throwOnError: false,
    statusCodes: [401],
    retry: (error, _context, decide) => void setTimeout(() => decide(error), 5)
  })
  const dispatcher = closing(new Agent()).compose(interceptor, retry)
  const sent = request(server.origin, { dispatcher })
  await until(() => tokens.waiting === 1)
  await settled(20)
  tokens.open()
  const reading = sent.then(({ body }) => body.text())
  await expect(reading).rejects.toThrow()
})

test('W40 a caller that aborts when a refused answer is given back gets its reason', async () => {
  const { agent, server, tokens } = await bearerRoad({ answer: accepting('nobody') })
  tokens.fail(new Error('down'))
  const heard: unknown[] = []
  agent.dispatch(
    { origin: server.origin, path: '/', method: 'GET' },
    {
      onRequestStart() {},
      onResponseStart(controller, status) {
        heard.push(status)
        controller.abort(new Error('left'))
      },
      onResponseData: () => void heard.push('data'),
      onResponseEnd: () => void heard.push('end'),
      onResponseError: (_, { message }) => void heard.push(message)
    }
  )
  await until(() => heard.length > 1)
  await settled()
  expect(heard).toEqual([401, 'left'])
})

test('W41 a refused answer whose end brings no trailers ends', () => {
  const { answer, told, reader } = held()
  answer.keep(Buffer.from('refused'))
  answer.end(undefined)
  answer.deliver(reader)
  expect(told).toEqual([401, 'refused', 'end'])
})

test('W41 so does one that an interceptor inside ends without trailers', async () => {
  const { interceptor, server, tokens } = await bearerRoad({ answer: accepting('nobody') })
  tokens.fail(new Error('down'))
  const bare: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart: (...given) => handler.onRequestStart?.(...given),
      onResponseStart: (...given) => handler.onResponseStart?.(...given),
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (controller) => handler.onResponseEnd?.(controller, undefined as never),
      onResponseError: (...given) => handler.onResponseError?.(...given)
    })
  const dispatcher = closing(new Agent()).compose(bare, interceptor)
  const { statusCode, body } = await request(server.origin, { dispatcher })
  expect([statusCode, await body.text()]).toEqual([401, 'refused'])
})

test('W41 so does one that the SnapshotAgent of undici plays back', async () => {
  const { interceptor, server, tokens } = await bearerRoad({ answer: accepting('nobody') })
  tokens.fail(new Error('down'))
  const folder = await mkdtemp(join(tmpdir(), 'snapshots-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const snapshotPath = join(folder, 'snapshots.json')
  for (const mode of ['record', 'playback'] as const) {
    const snapshots = new SnapshotAgent({ mode, snapshotPath })
    onTestFinished(() => snapshots.close())
    const { statusCode, body } = await request(server.origin, { dispatcher: snapshots.compose(interceptor) })
    expect([mode, statusCode, await body.text()]).toEqual([mode, 401, 'refused'])
    if (mode === 'record') await snapshots.saveSnapshots()
  }
  expect(server.requests).toHaveLength(1)
})

test('W42 twenty refused answers whose bodies come late leave their connections to the second attempts', async () => {
  const { agent, server } = await bearerRoad({
    answer: async (received, response) => {
      if (received.authorization === 'Bearer t2') return response.end('good')
      response.writeHead(401).flushHeaders()
      await after(5)
      return response.end('refused')
    }
  })
  const answers = await Promise.all(Array.from({ length: 20 }, () => request(server.origin, { dispatcher: agent })))
  for (const { body } of answers) expect(await body.text()).toBe('good')
  expect(server.connections).toBe(20)
})

test('W42 a refused answer that does not end holds the second attempt up for a moment only', async () => {
  const closed: string[] = []
  const { agent, server } = await bearerRoad({
    answer: (received, response) => {
      if (received.authorization === 'Bearer t2') return response.end('good')
      response.on('close', () => closed.push('closed'))
      return response.writeHead(401).write('refused')
    }
  })
  const { body } = await request(server.origin, { dispatcher: agent })
  expect(await body.text()).toBe('good')
  expect(server.requests).toHaveLength(2)
  await until(() => closed.length === 1)
})

test('W42 a caller that leaves in that time is told at once, and nothing more is sent', async () => {
  const { agent, server, tokens } = await bearerRoad({
    answer: (_received, response) => response.writeHead(401).write('refused')
  })
  const leaving = new AbortController()
  const sent = request(server.origin, { dispatcher: agent, signal: leaving.signal })
  await until(() => tokens.issued === 2)
  leaving.abort(new Error('left'))
  await expect(sent).rejects.toThrow('left')
  await after(150)
  expect(server.requests).toHaveLength(1)
})
