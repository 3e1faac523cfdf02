import { onTestFinished } from 'vitest'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type ClientRegistration,
  startAuthorizationServer
} from '../../src/authorization-server/index.ts'

export const orders = {
  clientId: 'orders',
  clientSecret: 'p%: +&~é',
  scope: ['read_user', 'write_user'],
  roles: ['reader'],
  audience: ['https://users.internal']
} satisfies ClientRegistration

export const billing = { clientId: 'billing', clientSecret: 'other', scope: ['charge'] } satisfies ClientRegistration

/** A server with two clients, for one test. */
export async function serverForTest(options: Partial<AuthorizationServerOptions> = {}): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer({ clients: [orders, billing], ...options })
  onTestFinished(server.close)
  return server
}

/** `Authorization` for a client (RFC 6749 §2.3.1). */
export function basic(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((half) => new URLSearchParams({ '': half }).toString().slice(1))
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

/** A token request as fields of a form; as the client `orders`, unless other headers are given. */
export function post(
  url: string,
  fields: Record<string, string> | [string, string][] = {},
  headers: Record<string, string> = { authorization: basic(orders.clientId, orders.clientSecret) }
): Promise<Response> {
  const body = new URLSearchParams([['grant_type', 'client_credentials'], ...new URLSearchParams(fields)])
  return fetch(url, { method: 'POST', body, headers, redirect: 'manual' })
}
