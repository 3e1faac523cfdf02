import type { IncomingMessage, ServerResponse } from 'node:http'
import { type HttpServer, listen, type TlsOptions } from './http-server.ts'

/** The port that a request came to: the plain one, or the one that asks for a client certificate. */
export type Door = 'plain' | 'mutualTls'

export interface Listeners {
  readonly origin: string
  /** The origin of the port that asks for client certificates; undefined if there is none. */
  readonly mutualTlsOrigin: string | undefined
  /** Starts to answer requests. */
  serve(answer: (door: Door, incoming: IncomingMessage, response: ServerResponse) => void): void
  breakConnections(): void
  close(): Promise<void>
}

export interface ListenersOptions {
  readonly host: string
  readonly port: number
  readonly tls: TlsOptions | undefined
  readonly isDown: () => boolean
}

/** Listens on a port for plain HTTP, and with `tls` on a second one for mutual TLS (RFC 8705 §5). */
export async function listeners({ host, port, tls, isDown }: ListenersOptions): Promise<Listeners> {
  const plain = await listen({ host, port, isDown })
  const mutualTls = tls && (await listenBeside(plain, { host, port: tls.port ?? 0, tls, isDown }))
  const all: readonly HttpServer[] = mutualTls === undefined ? [plain] : [plain, mutualTls]
  return {
    origin: plain.origin,
    mutualTlsOrigin: mutualTls?.origin,
    serve(answer) {
      plain.serve((incoming, response) => answer('plain', incoming, response))
      mutualTls?.serve((incoming, response) => answer('mutualTls', incoming, response))
    },
    breakConnections() {
      for (const server of all) server.breakConnections()
    },
    async close() {
      await Promise.all(all.map((server) => server.close()))
    }
  }
}

/** If the second port is not available, the first one is closed again. */
async function listenBeside(first: HttpServer, options: Parameters<typeof listen>[0]): Promise<HttpServer> {
  try {
    return await listen(options)
  } catch (error) {
    await first.close()
    throw error
  }
}
