import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { nodeHttp } from '../../src/adapters/index.ts'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import { finishUnread } from '../../src/bearer/unread-answer.ts'
import { generous } from '../adapters/api.ts'
import { closing, fetchRoad, until } from '../support/bearer.ts'
import { type Answer, accepting, resourceServer } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

/** A refusal whose body comes a moment after its head. */
const late: Answer = async (received, response) => {
  if (received.authorization !== 'Bearer t1') return response.end('good')
  response.writeHead(401).flushHeaders()
  await after(5)
  return response.end('refused')
}

const endless: Answer = (received, response) => {
  if (received.authorization !== 'Bearer t1') return response.end('good')
  return response.writeHead(401).write('refused')
}

/** The fetch of undici over connections that end with the test. */
function fetchOfTest(): Fetch {
  const dispatcher = closing(new undici.Agent())
  return (input, init) =>
    undici.fetch(input as string, { ...init, dispatcher } as never) as unknown as Promise<Response>
}

test('W42 createFetch: refused answers whose bodies come late leave their connections to the second attempts', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: late }, fetchOfTest())
  const answers = await Promise.all(Array.from({ length: 4 }, () => fetchWithToken(server.origin)))
  for (const answer of answers) expect(await answer.text()).toBe('good')
  expect(server.connections).toBe(4)
})

test('W42 node:http: so do these', async () => {
  const api = await resourceServer(late)
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const send = nodeHttp(generous(api.origin).client, { origins: [api.origin] })
  const answers = await Promise.all(Array.from({ length: 4 }, () => send(api.origin, { agent })))
  for (const answer of answers) expect(await text(answer)).toBe('good')
  expect(api.connections).toBe(4)
})

test('W42 a refused answer that does not end holds neither createFetch nor node:http up', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: endless }, fetchOfTest())
  expect(await (await fetchWithToken(server.origin)).text()).toBe('good')
  const api = await resourceServer(endless)
  const response = await nodeHttp(generous(api.origin).client, { origins: [api.origin] })(api.origin)
  expect(await text(response)).toBe('good')
})

test.each(['createFetch', 'node:http'])('W42 %s: a caller that leaves in that time sends nothing more', async (way) => {
  const { fetchWithToken, server, tokens } = await fetchRoad({ answer: endless }, fetchOfTest())
  const { client, tokens: others } = generous(server.origin)
  const send = way === 'node:http' ? nodeHttp(client, { origins: [server.origin] }) : fetchWithToken
  const leaving = new AbortController()
  const sent = send(server.origin, { signal: leaving.signal })
  await until(() => tokens.issued + others.issued === 3)
  leaving.abort(new Error('left'))
  await expect(sent).rejects.toThrow('left')
  await after(150)
  expect(server.requests).toHaveLength(1)
})

test('W42 a redirect whose body comes late leaves its connection too, and holds the next hop up for no moment', async () => {
  const wasWritten: boolean[] = []
  const answer: Answer = async (received, response) => {
    if (received.url === '/there') return response.end('good')
    response.on('close', () => wasWritten.push(response.writableFinished))
    response.writeHead(307, { location: '/there' }).flushHeaders()
    await until(() => server.requests.length === 2)
    return response.end('moved')
  }
  const { fetchWithToken, server } = await fetchRoad({ answer }, fetchOfTest())
  expect(await (await fetchWithToken(server.origin)).text()).toBe('good')
  await until(() => wasWritten.length === 1)
  expect(wasWritten).toEqual([true])
})

describe('an answer that nobody needs', () => {
  function endless(told: unknown[]): ReadableStream {
    const pull = (given: ReadableStreamDefaultController) => given.enqueue(new Uint8Array(10_000))
    return new ReadableStream({ pull, cancel: () => void told.push('broken off') })
  }

  test.each<[string, (told: unknown[]) => unknown]>([
    ['a stream of the web', endless],
    ['one of another realm', (told) => ({ locked: false, getReader: endless(told).getReader.bind(endless(told)) })],
    [
      'a stream of Node',
      (told) => {
        const read = () => void stream.push(Buffer.alloc(10_000))
        const stream: Readable = new Readable({ read, destroy: () => void told.push('broken off') })
        return stream
      }
    ]
  ])('is broken off when it is long and comes as %s', async (_kind, make) => {
    const told: unknown[] = []
    await finishUnread({ body: make(told) })
    expect(told).toEqual(['broken off'])
  })

  test('is let go when it fails, is read by somebody or is nothing that can be read', async () => {
    const failing = new ReadableStream({ pull: (given) => given.error(new Error('broken')) })
    const { body } = new Response('read')
    body?.getReader()
    for (const one of [failing, body, null, undefined, 'text', {}]) await finishUnread({ body: one })
  })
})

test('W42 a second refused answer is the answer, with its body', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('nobody') }, fetchOfTest())
  const response = await fetchWithToken(server.origin)
  expect([response.status, await response.text(), server.requests.length]).toEqual([401, 'refused', 2])
})
