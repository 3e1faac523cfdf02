import type { TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { selfSigned } from '../http/certificate.ts'
import { undici } from '../support/undici.ts'
import { type CutHttp2Server, cutHttp2Server } from './cut-http2.ts'
import { type Asker, asker, realAnswer, timeout } from './real-exchange.ts'

const certificate = selfSigned()
const { body, token } = await realAnswer()

/** Over a connection of its own, through a user's dispatcher: the client's own Agent does not speak HTTP/2. */
async function overNewConnection(use: (asking: Asker) => Promise<string>): Promise<string> {
  const dispatcher = new undici.Agent({ allowH2: true, connect: { ca: certificate.cert } })
  onTestFinished(() => dispatcher.destroy())
  try {
    return await use(asker({ dispatcher }))
  } finally {
    await dispatcher.destroy()
  }
}

/** The server, and every number of bytes after which its answer is not whole. */
async function measured(): Promise<{ readonly server: CutHttp2Server; readonly cuts: readonly number[] }> {
  const server = await cutHttp2Server(certificate, body)
  expect(await overNewConnection(({ ask }) => ask(server.origin, token))).toBe('whole')
  expect(server.written).toBeGreaterThan(body.length)
  return { server, cuts: Array.from({ length: server.written }, (_, bytes) => bytes) }
}

test.each([
  ['ends', (client: TLSSocket) => void client.end()],
  ['is reset', (client: TLSSocket) => void client.destroy()]
])('T7 T62 T63 T68 an HTTP/2 connection that %s after any byte of the answer gives no token', async (_, cut) => {
  const { server, cuts } = await measured()
  for (const bytes of cuts) {
    server.cutAfter(bytes, cut)
    const outcome = await overNewConnection(({ ask }) => ask(server.origin, token))
    expect(['ERR_CONNECTION_RESET', 'ERR_NETWORK'], `after ${bytes} bytes`).toContain(outcome)
  }
})

test('T11 T69 an HTTP/2 connection that stops after any byte of the answer ends at the deadline', async () => {
  const { server, cuts } = await measured()
  const seen: Promise<string>[] = []
  for (const bytes of cuts) {
    const stopped = new Promise<void>((resolve) => server.cutAfter(bytes, () => resolve()))
    const outcome = overNewConnection(async ({ ask, clock }) => {
      const asked = ask(server.origin, token)
      await stopped
      await clock.advance(timeout)
      return asked
    })
    seen.push(outcome)
    await stopped
  }
  expect(await Promise.all(seen)).toEqual(cuts.map(() => 'ERR_TIMEOUT'))
})
