import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { ClientConfigurationError } from '../../errors.ts'
import { isLoopback } from '../../http/loopback.ts'

/** The server's certificate and key, and the authorities of client certificates, all in PEM. */
export interface TlsOptions {
  readonly cert: string
  readonly key: string
  readonly ca: string
  /** The port. The default is a free one. */
  readonly port?: number
}

export interface HttpServer {
  /** `http://127.0.0.1:port`, or the same with `https`. */
  readonly origin: string
  serve(listener: RequestListener): void
  /** Breaks every connection except those of the page. */
  breakConnections(): void
  close(): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  /** The port; 0 for a free one. */
  readonly port: number
  readonly tls?: TlsOptions | undefined
  /** While this returns true, new connections to the `tls` port are broken. */
  readonly isDown: () => boolean
}

const spared = new WeakSet<Socket>()

/** Keeps this connection when the server goes down. It is the page's, which must be able to bring the server back. */
export function spare(socket: Socket): void {
  spared.add(socket)
}

/** @throws ClientConfigurationError (as a rejection) if the address or port is not available */
export async function listen({ host, port, tls, isDown }: ListenOptions): Promise<HttpServer> {
  // TLS accepts any client certificate. Client authentication checks who signed it.
  const server =
    tls === undefined ? createServer() : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (tls !== undefined && isDown()) socket.resetAndDestroy()
  })
  const listening = once(server, 'listening')
  server.listen(port, host)
  await listening.catch((error: NodeJS.ErrnoException) => {
    throw cannotListen(host, port, error)
  })
  const { port: bound } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    origin: originOf(tls === undefined ? 'http' : 'https', host, bound),
    serve: (listener) => void server.on('request', listener),
    breakConnections() {
      for (const socket of sockets) if (!spared.has(socket)) socket.resetAndDestroy()
    },
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      return closed
    }
  }
}

/** The origin by which this machine reaches the server, which is loopback if the server listens on all addresses. */
export function originOf(scheme: 'http' | 'https', host: string, port: number): string {
  const everywhere = host === '0.0.0.0' || host === '::'
  return `${scheme}://${everywhere ? '127.0.0.1' : inBrackets(host)}:${port}`
}

/** Whether only this machine can reach this host. */
export function isLoopbackHost(host: string): boolean {
  return isLoopback(new URL(`http://${inBrackets(host)}`))
}

/** Puts an IPv6 address in brackets, as URLs need it. */
export function inBrackets(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function cannotListen(host: string, port: number, { code }: NodeJS.ErrnoException): ClientConfigurationError {
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} of ${host} is taken by another process. Choose another port, or 0 for a free one.`,
    EACCES: `this process has no permission to listen on port ${port}. Choose a port above 1023.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine.`,
    ENOTFOUND: `${host} is not a name of this machine.`
  }
  const reason = reasons[code ?? ''] ?? `the server cannot listen on ${host}:${port} (${code}).`
  return new ClientConfigurationError('ERR_INVALID_OPTION', `The authorization server cannot start: ${reason}`)
}
