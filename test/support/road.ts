import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { createTokenClient, type EventName, type TokenClient, type TokenClientOptions } from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'

export const clientId = 'orders'
export const clientSecret = 'marker-secret-p%: +&~é'

export interface Road {
  readonly clock: ManualClock
  readonly server: AuthorizationServer
  readonly tokens: TokenClient
  /** Event names as they came. */
  readonly told: EventName[]
  /** Token requests that the server has seen. */
  readonly tokenRequests: () => number
}

/** A client and a development authorization server on loopback, with one clock for both. */
export async function road(options: Partial<TokenClientOptions> = {}): Promise<Road> {
  const clock = manualClock()
  const server = await startAuthorizationServer({
    clock,
    clients: [{ clientId, clientSecret, scope: ['read_user', 'write_user', 'admin'] }]
  })
  const tokens = createTokenClient({
    issuer: server.issuer,
    clientId,
    clientSecret,
    clock,
    ...options
  } as TokenClientOptions)
  const told: EventName[] = []
  tokens.on('*', (name) => told.push(name))
  onTestFinished(async () => {
    await tokens.close()
    await server.close()
  })
  return { clock, server, tokens, told, tokenRequests: () => server.requests.count('token') }
}

/** A loopback server for the length of one test; answers with its origin. */
export async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The next event of that name. */
export function next(tokens: TokenClient, name: EventName): Promise<unknown> {
  return new Promise((resolve) => {
    const remove = tokens.on(name, (event) => {
      remove()
      resolve(event)
    })
  })
}
