import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Received {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly body: string
  /** The number of the connection that it came on, from 1. */
  readonly connection: number
}

export type Answer = (request: Received, response: ServerResponse) => void

export interface ResourceServer {
  readonly origin: string
  readonly port: number
  readonly requests: readonly Received[]
  readonly connections: number
  /** Lets go of the sockets, also of those in use. */
  close(): void
}

export interface ResourceServerOptions {
  readonly host?: string
  /** Answers before the body was read. */
  readonly early?: ((response: ServerResponse) => void) | undefined
}

/** A resource server on loopback that keeps what it received. It closes when the test ends. */
export async function resourceServer(
  answer: Answer = ok,
  { host = '127.0.0.1', early }: ResourceServerOptions = {}
): Promise<ResourceServer> {
  const requests: Received[] = []
  const numbers = new WeakMap<object, number>()
  let connections = 0
  const server = createServer((request, response) => {
    early?.(response)
    void read(request).then((body) => {
      const received = {
        method: request.method ?? '',
        url: request.url ?? '',
        authorization: request.headers.authorization,
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        body,
        connection: numbers.get(request.socket) ?? 0
      }
      requests.push(received)
      if (early === undefined) answer(received, response)
    })
  })
  server.on('connection', (socket) => numbers.set(socket, ++connections))
  await listen(server, host)
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  onTestFinished(close)
  return {
    origin: `http://${host}:${port}`,
    port,
    requests,
    close,
    get connections() {
      return connections
    }
  }
}

/** 200 with the path as its body. */
export function ok({ url }: Received, response: ServerResponse): void {
  response.end(url)
}

/** 401 to every value but these, 200 to them. */
export function accepting(...values: readonly string[]): Answer {
  return (request, response) => {
    if (values.some((value) => request.authorization === `Bearer ${value}`)) return ok(request, response)
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"', 'x-refused': 'yes' })
    response.end('refused')
  }
}

function listen(server: Server, host: string): Promise<void> {
  return new Promise((resolve) => server.listen(0, host, resolve))
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    // the client left: what came is what the test can look at
  }
  return Buffer.concat(chunks).toString()
}
