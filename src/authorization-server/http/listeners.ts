import type { IncomingMessage, ServerResponse } from 'node:http'
import { type LoopbackServer, listenOnLoopback, type TlsOptions } from './loopback-server.ts'

export interface Listeners {
  readonly origin: string
  /** Where client certificates are asked for, if anywhere. */
  readonly mutualTlsOrigin: string | undefined
  /** `origin` is the one that the request came to. */
  serve(answer: (origin: string, incoming: IncomingMessage, response: ServerResponse) => void): void
  breakConnections(): void
  close(): Promise<void>
}

/** Plain HTTP, and with `tls` a second port beside it (RFC 8705 §5). */
export async function listeners(port: number, isDown: () => boolean, tls?: TlsOptions): Promise<Listeners> {
  const plain = await listenOnLoopback(port, isDown)
  const mutualTls = tls && (await listenOnLoopback(0, isDown, tls))
  const all: readonly LoopbackServer[] = mutualTls === undefined ? [plain] : [plain, mutualTls]
  return {
    origin: plain.origin,
    mutualTlsOrigin: mutualTls?.origin,
    serve(answer) {
      for (const { origin, serve } of all) serve((incoming, response) => answer(origin, incoming, response))
    },
    breakConnections() {
      for (const server of all) server.breakConnections()
    },
    async close() {
      await Promise.all(all.map((server) => server.close()))
    }
  }
}
