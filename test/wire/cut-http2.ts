import { createServer, type ServerHttp2Session } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Certificate } from '../http/certificate.ts'

export interface CutHttp2Server {
  readonly origin: string
  /** Bytes that the last connection would have carried to the client, with all that HTTP/2 says around an answer. */
  readonly written: number
  /** New connections are cut after so many bytes of the server. */
  cutAfter(bytes: number, cut: Cut): void
}

export type Cut = (client: TLSSocket) => void

/** An HTTP/2 server behind a TLS end that passes on its first bytes only, each in a record of its own. */
export async function cutHttp2Server(certificate: Certificate, body: string): Promise<CutHttp2Server> {
  let limit = Number.POSITIVE_INFINITY
  let cutNow: Cut = () => {}
  let written = 0
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()

  const inner = createServer((_, response) => {
    // One field only: Node aborts when it frees a session before a stream that has read some fields, but not all.
    response.sendDate = false
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(body)
  })
  inner.on('session', (session) => sessions.add(session))
  await listen(inner)
  const { port } = inner.address() as AddressInfo

  const outer = createTlsServer({ ...certificate, ALPNProtocols: ['h2'] }, (client) => {
    const server = connect(port, '127.0.0.1')
    const [ownLimit, ownCut] = [limit, cutNow]
    let passed = 0
    for (const socket of [client, server]) sockets.add(socket.on('error', () => {}))
    client.on('data', (chunk) => server.write(chunk)).on('close', () => server.destroy())
    server.on('data', (chunk: Buffer) => {
      const left = ownLimit - passed
      passed += chunk.length
      written = passed
      if (left > 0) for (const byte of chunk.subarray(0, left)) client.write(Buffer.of(byte))
      if (left > 0 && left <= chunk.length) ownCut(client)
    })
    if (ownLimit === 0) ownCut(client)
  })
  outer.on('tlsClientError', () => {})
  await listen(outer)
  onTestFinished(() => {
    for (const session of sessions) session.destroy()
    for (const socket of sockets) socket.destroy()
    inner.close()
    outer.close()
  })

  return {
    origin: `https://127.0.0.1:${(outer.address() as AddressInfo).port}`,
    get written() {
      return written
    },
    cutAfter(bytes, cut) {
      limit = bytes
      cutNow = cut
    }
  }
}

function listen(server: { listen(port: number, host: string, done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
}
