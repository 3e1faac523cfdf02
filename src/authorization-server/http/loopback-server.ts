import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** No name and no option leads anywhere else. */
const loopback = '127.0.0.1'

/** PEM: the server's certificate and key, and the authorities of client certificates. */
export interface TlsOptions {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

export interface LoopbackServer {
  /** `http://127.0.0.1:port`, or `https`. */
  readonly origin: string
  serve(listener: RequestListener): void
  breakConnections(): void
  close(): Promise<void>
}

/** Listens on this machine alone. `port` 0 takes a free one; while `isDown` says so, connections are broken as they come. */
export async function listenOnLoopback(port: number, isDown: () => boolean, tls?: TlsOptions): Promise<LoopbackServer> {
  // Who signs a client's certificate is for the client authentication to judge.
  const server =
    tls === undefined ? createServer() : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false })
  server.on('connection', (socket: Socket) => {
    if (isDown()) socket.resetAndDestroy()
  })
  server.listen(port, loopback)
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://${loopback}:${bound}`,
    serve: (listener) => void server.on('request', listener),
    breakConnections: () => server.closeAllConnections(),
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      return closed
    }
  }
}
