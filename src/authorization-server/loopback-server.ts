import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** No name and no option leads anywhere else. */
const loopback = '127.0.0.1'

export interface LoopbackServer {
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  serve(listener: RequestListener): void
  breakConnections(): void
  close(): Promise<void>
}

/** Listens on this machine alone. `port` 0 takes a free one; while `isDown` says so, connections are broken as they come. */
export async function listenOnLoopback(port: number, isDown: () => boolean): Promise<LoopbackServer> {
  const server = createServer()
  server.on('connection', (socket) => {
    if (isDown()) socket.resetAndDestroy()
  })
  server.listen(port, loopback)
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    origin: `http://${loopback}:${bound}`,
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
