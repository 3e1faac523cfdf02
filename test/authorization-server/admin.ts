import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer
} from '../../src/authorization-server/index.ts'
import { basic, post } from './server.ts'
import { type Json, threeServices } from './three-services.ts'

export interface AdminAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

export interface AdminServer extends AuthorizationServer {
  /** `admin('PUT /clock', { offset: 1 })` */
  admin(call: string, body?: unknown, headers?: Record<string, string>): Promise<AdminAnswer>
  /** What the token endpoint answers to a client whose secret is `marker-` and its name. */
  ask(clientId: string, fields?: Record<string, string>): Promise<Json>
}

/** A server with three services, and a function that calls its `/admin/api`. */
export async function adminServer(options: Partial<AuthorizationServerOptions> = {}): Promise<AdminServer> {
  const server = await startAuthorizationServer({ registry: threeServices, ...options })
  onTestFinished(server.close)
  const origin = new URL(server.tokenEndpoint).origin
  return Object.assign(server, {
    async admin(call: string, body?: unknown, headers: Record<string, string> = {}) {
      const [method = '', path = ''] = call.split(' ')
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
      const response = await fetch(`${origin}/admin/api${path}`, { method, headers: { ...type, ...headers }, ...json })
      const answer = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: answer === '' ? undefined : JSON.parse(answer)
      }
    },
    async ask(clientId: string, fields: Record<string, string> = {}) {
      const response = await post(server.tokenEndpoint, fields, {
        authorization: basic(clientId, `marker-${clientId}`)
      })
      return (await response.json()) as Json
    }
  })
}

/** Sends a request with exactly these headers. `fetch` would set its own Host, Origin and Sec-Fetch fields. */
export async function bareRequest(url: string, headers: Record<string, string>, method = 'GET', body = '') {
  const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) }
  const sent = request(url, { method, headers: { ...headers, ...length }, agent: false })
  const answered = new Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>(
    (resolve, reject) => {
      sent.on('error', reject)
      sent.on('response', async (response) => {
        const { statusCode = 0, headers: fields } = response
        resolve({ status: statusCode, body: await text(response), headers: fields })
      })
    }
  )
  sent.end(body)
  return answered
}
