import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Sender } from '../../src/http/send.ts'

/** What a place answers. */
export interface PlacedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly document?: object
  /** In place of the document. */
  readonly body?: string | Uint8Array
  /** No answer at all: the connection breaks, or nothing ever comes. */
  readonly instead?: 'reset' | 'silence'
}

export interface MetadataServer {
  readonly origin: string
  /** The path of every request, in order. */
  readonly asked: string[]
  /** What a path answers; anything else is a 404. */
  readonly answers: Record<string, PlacedAnswer>
  /** Answers wait until it is called. */
  hold(): () => void
}

/** A loopback server with the documents that the test puts on it. It ends with the test. */
export async function metadataServer(): Promise<MetadataServer> {
  const asked: string[] = []
  const answers: MetadataServer['answers'] = {}
  let open = Promise.resolve()
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    await open
    const { status = 200, headers, document, body, instead } = answers[path] ?? { status: 404 }
    if (instead === 'silence') return
    if (instead === 'reset') return void request.socket.resetAndDestroy()
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body ?? (document && JSON.stringify(document)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    answers,
    hold() {
      let release = () => {}
      open = new Promise((resolve) => {
        release = resolve
      })
      return release
    }
  }
}

/** The platform's own fetch as a sender. */
export const platformSender: Sender = {
  async send({ method, url, headers, timeout }) {
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout)
    })
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer())
    }
  },
  close: async () => {}
}
