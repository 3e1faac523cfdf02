import type { IncomingMessage, ServerResponse } from 'node:http'
import { type HttpServer, listen, type TlsOptions } from './http-server.ts'

/** The plain port, or the one that asks for a client certificate. */
export type Door = 'plain' | 'mutualTls'

export interface Listeners {
  readonly origin: string
  /** Where client certificates are asked for, if anywhere. */
  readonly mutualTlsOrigin: string | undefined
  /** `door` is the one by which the request came. */
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

/** Plain HTTP, and with `tls` a second port beside it (RFC 8705 §5). */
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
