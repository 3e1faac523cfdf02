import type { ClientRequest, ClientRequestArgs, RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionOptions, SecureContextOptions, TLSSocket } from 'node:tls'
import { builtin } from '../builtin.ts'
import { wallTime } from '../platform-timers.ts'
import { joined } from './joined.ts'
import { networkError } from './network-error.ts'
import { proxyRefusal } from './proxy-refusal.ts'
import { retryAfter } from './retry-after.ts'

export interface Tunnels {
  /** A connection to `authority` through the proxy, by CONNECT (RFC 9110 §9.3.6). Rejects with what the proxy did. */
  open(authority: string): Promise<Socket>
  /** Gives up those that are not open yet. */
  abandon(): void
}

/** `trusted` says by which authorities a proxy is known that speaks TLS itself. */
export function tunnels(proxy: URL, trusted: SecureContextOptions): Tunnels {
  const opening = new Set<ClientRequest>()

  async function open(authority: string): Promise<Socket> {
    const request = connectRequest(proxy, authority, trusted)
    opening.add(request)
    try {
      return await tunnel(request, proxy)
    } catch (error) {
      request.destroy()
      throw networkError(error, { host: `the proxy ${proxy.host}`, answerStarted: false })
    } finally {
      opening.delete(request)
    }
  }

  return {
    open,
    abandon() {
      for (const request of opening) request.destroy()
    }
  }
}

/** TLS with the target inside a tunnel. The proxy sees nothing of it, and the target gets the client's certificate. */
export async function secureTunnel({ open }: Tunnels, options: ClientRequestArgs): Promise<TLSSocket> {
  const { port } = options
  const host = String(options.host)
  const socket = await open(`${host.includes(':') ? `[${host}]` : host}:${port}`)
  return builtin.tls.connect({ ...(options as ConnectionOptions), socket })
}

/** A plain HTTP request in the form for a proxy (RFC 9112 §3.2.2): with the whole URL, and with the authorization of the proxy. */
export function throughProxy(url: URL, proxy: URL, { path, headers, ...others }: RequestOptions): RequestOptions {
  return { ...others, path: url.origin + path, headers: { ...headers, host: url.host, ...authorization(proxy) } }
}

function authorization(proxy: URL): Record<string, string> {
  const value = proxyAuthorization(proxy)
  return value === undefined ? {} : { 'proxy-authorization': value }
}

function connectRequest(proxy: URL, authority: string, { ca }: SecureContextOptions): ClientRequest {
  const { request } = proxy.protocol === 'https:' ? builtin.https : builtin.http
  return request({
    ...addressOf(proxy),
    auth: undefined, // Node would look for it on the prototype
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
    ...(ca !== undefined && { ca })
  })
}

function tunnel(request: ClientRequest, proxy: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    request.on('error', reject).on('close', () => reject(new Error('The connection ended without an answer.')))
    request.on('connect', ({ statusCode = 0, headersDistinct }, socket: Socket) => {
      socket.on('error', () => {}) // TLS on top of it tells its failure.
      if (statusCode >= 200 && statusCode < 300) resolve(socket)
      else reject(proxyRefusal(statusCode, proxy, retryAfter({ headers: joined(headersDistinct) }, wallTime())))
    })
    request.end()
  })
}

export function addressOf({ hostname, port, protocol }: URL): { hostname: string; port: string; protocol: string } {
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port }
}

/** The value of `Proxy-Authorization` by the user name and password in a proxy's URL (RFC 7617). */
function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
}
