import { createReadStream } from 'node:fs'
import { Duplex, PassThrough, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { expect, test } from 'vitest'
import { bearerRoad, closing, settled, until } from '../support/bearer.ts'
import { platformFetch, undici } from '../support/undici.ts'

const { request } = undici
const broken = new Error('the body broke')

function failing(): Readable {
  const stream = new Readable({ read() {} })
  setImmediate(() => stream.destroy(broken))
  return stream
}

function failingGunzip(): Readable {
  const gunzip = createGunzip()
  gunzip.end('not packed at all')
  return gunzip
}

test.each<[string, () => Readable, unknown]>([
  ['file that is not there', () => createReadStream('/no/such/file'), { code: 'ENOENT' }],
  ['gunzip stream that is given no gzip', failingGunzip, { code: 'Z_DATA_ERROR' }],
  ['readable that is destroyed with an error', failing, broken],
  ['duplex that is destroyed with an error', () => Duplex.from(failing()), broken]
])(
  'W37 a request that waits for its token while its body, a %s, fails rejects with the error of the body',
  async (_kind, body, error) => {
    const { agent, server, tokens } = await bearerRoad({ warm: false })
    tokens.hold()
    const sent = request(server.origin, { dispatcher: agent, method: 'POST', body: body() })
    await expect(sent).rejects.toMatchObject(error as object) // vitest fails on an error event without a listener
    expect(tokens.waiting).toBe(0)
    tokens.open()
    await settled()
    expect(server.requests).toEqual([])
  }
)

test('W37 a handler hears of such a body once, and the stream is destroyed', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const errors: Error[] = []
  const body = failing()
  agent.dispatch(
    { origin: server.origin, path: '/', method: 'POST', body },
    {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {},
      onResponseError: (_, error) => void errors.push(error)
    }
  )
  await until(() => errors.length > 0)
  tokens.open()
  await settled()
  expect(errors).toEqual([broken])
  expect(body.destroyed).toBe(true)
})

test('W37 a body that is destroyed without an error during the wait is as bare undici has it', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const body = new PassThrough()
  const sent = request(server.origin, { dispatcher: agent, method: 'POST', body })
  body.destroy()
  await settled()
  tokens.open()
  await expect(sent).rejects.toMatchObject({ code: 'UND_ERR_ABORTED' })
})

test('W37 a body that has ended before the token came is sent whole', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const body = new PassThrough()
  const sent = request(server.origin, { dispatcher: agent, method: 'POST', body })
  body.end('all of it')
  await settled()
  tokens.open()
  await (await sent).body.dump()
  expect(server.requests.map((received) => received.body)).toEqual(['all of it'])
})

test('W37 a web stream that fails during the wait is the error of the request', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const body = new ReadableStream({ pull: (controller) => controller.error(broken) })
  const sent = request(server.origin, { dispatcher: agent, method: 'POST', body: body as never })
  sent.catch(() => {})
  await settled()
  tokens.open()
  await expect(sent).rejects.toBe(broken)
})

test('W37 a stream that was sent keeps no listener of ours', async () => {
  const { agent, server } = await bearerRoad({ warm: false })
  const listeners: number[] = []
  for (const dispatcher of [closing(new undici.Agent()), agent]) {
    const body = Readable.from(['all of it'])
    await (await request(server.origin, { dispatcher, method: 'POST', body })).body.dump()
    listeners.push(body.listenerCount('error'))
  }
  expect(listeners[1]).toBe(listeners[0])
})

/** Fails after a while, when a plain `fetch` has already begun to read. */
function failingLater(): Readable {
  const stream = new Readable({ read() {} })
  void settled(10).then(() => stream.destroy(broken))
  return stream
}

test.each([
  ['undici', undici.fetch],
  ['the platform', platformFetch]
] as const)('W37 the fetch of %s on an agent: so is a stream of Node that fails', async (_whose, fetch) => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const init = { method: 'POST', body: failingLater(), duplex: 'half', dispatcher: agent }
  const sent = (fetch as typeof platformFetch)(server.origin, init as never)
  await expect(sent).rejects.toMatchObject({ cause: broken }) // vitest fails on an error event without a listener
  tokens.open()
  await settled()
  expect(server.requests).toEqual([])
})

test('W37 a generator is read during the wait up to its first chunk, and is sent whole', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const read: string[] = []
  async function* chunks() {
    for (const chunk of ['all ', 'of ', 'it']) {
      read.push(chunk)
      yield chunk
    }
  }
  const sent = request(server.origin, { dispatcher: agent, method: 'POST', body: chunks() as never })
  await settled()
  expect(read).toEqual(['all '])
  tokens.open()
  await (await sent).body.dump()
  expect(server.requests.map((received) => received.body)).toEqual(['all of it'])
})

test('W37 a generator that was begun is ended when there is no token', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  tokens.fail(new Error('down'))
  let isOver = false
  async function* chunks() {
    try {
      yield 'begun'
    } finally {
      isOver = true
    }
  }
  const sent = request(server.origin, { dispatcher: agent, method: 'POST', body: chunks() as never })
  tokens.open()
  await expect(sent).rejects.toThrow('down')
  await until(() => isOver)
})

test('W37 W44 with dump around ours the failure of a body ends the wait too', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const dispatcher = agent.compose(undici.interceptors.dump())
  const sent = request(server.origin, { dispatcher, method: 'POST', body: failing() })
  await expect(sent).rejects.toBe(broken)
  tokens.open()
  await settled()
  expect(server.requests).toEqual([])
})
