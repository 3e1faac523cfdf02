import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Certificate } from './certificate.ts'

export interface LoopbackProxy {
  readonly url: URL
  /** The first line of each request, and its `Proxy-Authorization`. */
  readonly asked: readonly { readonly line: string; readonly authorization: string | undefined }[]
  /** Connections to it that are open. */
  readonly open: ReadonlySet<Socket>
  /** Every further request is answered with this status; 0 means not at all. */
  answerWith(status: number): void
}

/** A proxy that serves CONNECT and requests for whole URLs. It ends with the test. */
export async function loopbackProxy(certificate?: Certificate): Promise<LoopbackProxy> {
  const asked: { line: string; authorization: string | undefined }[] = []
  const open = new Set<Socket>()
  let refusal: number | undefined

  function note({ method, url, headers }: IncomingMessage): void {
    asked.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] })
  }

  function pass(incoming: IncomingMessage, response: ServerResponse): void {
    note(incoming)
    if (refusal !== undefined) return void (refusal > 0 && response.writeHead(refusal).end('from the proxy'))
    const { 'proxy-authorization': _, ...headers } = incoming.headers
    const target = request(
      String(incoming.url),
      { method: String(incoming.method), headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode as number, answer.headers)
        answer.pipe(response)
      }
    )
    incoming.pipe(target)
  }

  function tunnel(incoming: IncomingMessage, client: Socket): void {
    note(incoming)
    client.on('error', () => {})
    if (refusal === 0) return void client.resume().on('end', () => client.end())
    if (refusal !== undefined) return void client.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 2\r\n\r\nno`)
    const { hostname, port } = new URL(`http://${incoming.url}`)
    const target = connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    target.on('error', () => client.destroy())
    client.on('close', () => target.destroy())
  }

  const server: Server = certificate ? createHttpsServer(certificate, pass) : createHttpServer(pass)
  server.on('connect', tunnel).on('connection', (socket: Socket) => {
    open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`${certificate ? 'https' : 'http'}://127.0.0.1:${port}`),
    asked,
    open,
    answerWith(status) {
      refusal = status
    }
  }
}
