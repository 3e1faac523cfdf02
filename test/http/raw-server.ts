import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Certificate } from './certificate.ts'

export interface RawRequest {
  readonly socket: Socket
  /** Head and body as they came. */
  readonly text: string
}

export interface RawServer {
  readonly origin: string
  readonly host: string
  readonly requests: readonly RawRequest[]
  /** Every connection there was, open or not. */
  readonly connections: readonly Socket[]
  /** The next request that comes, or that came and was not asked for. */
  next(): Promise<RawRequest>
}

/** A raw TCP server on loopback: the test writes bytes, breaks connections, or lets them wait. It ends with the test. */
export async function rawServer(
  answer: (request: RawRequest, index: number) => void = () => {},
  certificate?: Certificate
): Promise<RawServer> {
  const requests: RawRequest[] = []
  const connections: Socket[] = []
  const waiting: ((request: RawRequest) => void)[] = []
  let handedOut = 0

  function accept(socket: Socket): void {
    connections.push(socket)
    let text = ''
    socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      if (!isWhole(text)) return
      const request = { socket, text }
      text = ''
      const index = requests.push(request) - 1
      answer(request, index)
      waiting.shift()?.(request)
    })
  }

  const server = certificate === undefined ? createServer(accept) : createTlsServer(certificate, accept)
  server.on('tlsClientError', () => {})
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: `${certificate === undefined ? 'http' : 'https'}://${host}`,
    host,
    requests,
    connections,
    next() {
      const request = requests[handedOut]
      handedOut += 1
      return request === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(request)
    }
  }
}

function isWhole(text: string): boolean {
  const [head = '', body] = text.split('\r\n\r\n', 2)
  return body !== undefined && body.length >= Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
}

/** An answer as bytes, with the length of its body. */
export function http(body: string, headers: readonly string[] = [], status = '200 OK'): string {
  return [`HTTP/1.1 ${status}`, `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n')
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))
}
