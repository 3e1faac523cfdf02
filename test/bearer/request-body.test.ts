import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { expect, test } from 'vitest'
import { bearerRoad, settled, until } from '../support/bearer.ts'
import { accepting } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const { request } = undici
const bytes = new TextEncoder().encode('sent')

function form(): InstanceType<typeof undici.FormData> {
  const data = new undici.FormData()
  data.set('field', 'sent')
  return data
}

function* generated(): Generator<string> {
  yield 'se'
  yield 'nt'
}

async function* generatedLater(): AsyncGenerator<Uint8Array> {
  const reused = new Uint8Array(2)
  for (const part of ['se', 'nt']) {
    new TextEncoder().encodeInto(part, reused)
    yield reused
    await settled(2)
  }
}

/** undici 7 draws another boundary for each attempt. */
function bare(text: string | undefined): string | undefined {
  return text?.replaceAll(/formdata-undici-\d+/g, 'boundary')
}

const replayed: readonly (readonly [string, () => unknown, string])[] = [
  ['U63 a string', () => 'sent', 'sent'],
  ['U64 a Buffer', () => Buffer.from('sent'), 'sent'],
  ['U65 a Uint8Array', () => bytes, 'sent'],
  ['U66 an ArrayBuffer', () => bytes.buffer, 'sent'],
  ['U66 a DataView', () => new DataView(bytes.buffer), 'sent'],
  ['U67 a Blob', () => new Blob(['sent']), 'sent'],
  ['U68 an array', () => ['se', 'nt'], 'sent'],
  ['U68 a Set', () => new Set(['se', 'nt']), 'sent'],
  ['U69 a FormData', form, 'name="field"\r\n\r\nsent'],
  ['U70 a generator', generated, 'sent'],
  ['U71 an async generator that uses one buffer for all chunks', generatedLater, 'sent'],
  ['U72 an async iterable', () => ({ [Symbol.asyncIterator]: generatedLater }), 'sent']
]

test.each(replayed)('D1 %s is sent again byte for byte', async (_kind, make, text) => {
  const { agent, server } = await bearerRoad({ answer: accepting('t2') })
  const { statusCode, body } = await request(server.origin, {
    dispatcher: agent,
    method: 'POST',
    body: make() as string
  })
  await body.dump()
  expect(statusCode).toBe(200)
  const [first, second] = server.requests
  expect(first?.body).toContain(text)
  expect(bare(second?.body)).toBe(bare(first?.body))
  expect(bare(second?.headers['content-type'])).toBe(bare(first?.headers['content-type']))
  expect(second?.authorization).toBe('Bearer t2')
})

function formStream(): Readable {
  return Object.defineProperty(Readable.from(['sent']), Symbol.toStringTag, { value: 'FormData' })
}

const unrepeatable: readonly (readonly [string, () => unknown])[] = [
  ['U73 a Node stream', () => Readable.from(['sent'])],
  ['U73 a form of the form-data package, which is a stream', formStream],
  ['U74 a web stream', () => ReadableStream.from([bytes])],
  ['U75 an iterable of more than 64 KiB', () => ['x'.repeat(40_000), 'x'.repeat(40_000)].values()],
  ['U75 an iterable of something else than text and bytes', () => [new Uint16Array([1, 2])].values()]
]

test.each(unrepeatable)(
  'D2 %s is never sent again: the 401 is delivered, the next call has the new token',
  async (_kind, make) => {
    const { agent, server, tokens, rejections } = await bearerRoad({ answer: accepting('t2') })
    const { statusCode, body } = await request(server.origin, {
      dispatcher: agent,
      method: 'POST',
      body: make() as string
    })
    expect(statusCode).toBe(401)
    expect(await body.text()).toBe('refused')
    expect(server.requests).toHaveLength(1)
    expect(rejections).toHaveLength(1)
    await until(() => tokens.issued === 2)
    const next = await request(server.origin, { dispatcher: agent })
    await next.body.dump()
    expect(next.statusCode).toBe(200)
  }
)

test('D2 a new token that cannot be had after such a 401 causes no unhandled rejection', async () => {
  const { agent, server, tokens } = await bearerRoad({ answer: accepting('t2') })
  tokens.fail(new Error('down'))
  const { statusCode, body } = await request(server.origin, {
    dispatcher: agent,
    method: 'POST',
    body: Readable.from(['sent'])
  })
  await body.dump()
  await settled()
  expect(statusCode).toBe(401)
})

test('D3 U77 a 401 that comes before the body was read to its end is delivered, and nothing hangs', async () => {
  const { agent, server, tokens } = await bearerRoad({
    early: (response) => response.writeHead(401, { connection: 'close' }).end('early')
  })
  async function* endless(): AsyncGenerator<string> {
    for (;;) {
      yield 'more'
      await settled(1)
    }
  }
  const { statusCode, body } = await request(server.origin, {
    dispatcher: agent,
    method: 'POST',
    body: endless() as never
  })
  expect(statusCode).toBe(401)
  expect(await body.text()).toBe('early')
  await until(() => tokens.issued === 2)
})

test('U78 an interceptor inside that sends a one-shot body again sends all of it or fails, never a part', async () => {
  for (const failAfter of [1, 2]) {
    const { interceptor, server } = await bearerRoad()
    const sent: string[] = []
    const dispatch = interceptor((options) => {
      void readTwice(options.body as unknown as AsyncIterable<string>, failAfter, sent)
      return true
    })
    dispatch({ origin: server.origin, path: '/', method: 'PUT', body: generated() as never }, { onRequestStart() {} })
    await settled()
    expect(sent).toEqual(failAfter === 1 ? ['se', 'failed'] : ['sent', 'sent'])
  }
})

/** Reads a body, stops at a chunk if there is another one, and then reads from the start. */
async function readTwice(body: AsyncIterable<string>, chunks: number, sent: string[]): Promise<void> {
  let text = ''
  let read = 0
  for await (const chunk of body) {
    text += chunk
    if (++read === chunks && chunks === 1) break
  }
  sent.push(text)
  try {
    text = ''
    for await (const chunk of body) text += chunk
    sent.push(text)
  } catch {
    sent.push('failed')
  }
}
