import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientConfigurationError } from '../../errors.ts'
import { isRecord } from '../../record.ts'
import { atOnce } from '../faults/delivery.ts'
import { readBody } from '../http/body.ts'
import { type Answer, jsonAnswer } from '../http/server-answer.ts'
import type { ServerParts } from '../overview/server-parts.ts'
import { AdminError } from './admin-error.ts'
import { type EventStreams, eventStreams } from './event-stream.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { openApi } from './openapi.ts'
import { registryRoutes } from './registry-routes.ts'
import { checkBody, invalid, notFound, type Route } from './route.ts'
import { serverRoutes } from './server-routes.ts'
import { tokenRoutes } from './token-routes.ts'

export interface AdminApi {
  /** Answers a request whose path is below `/admin`. */
  handle(incoming: IncomingMessage, response: ServerResponse): Promise<void>
  readonly streams: EventStreams
}

export interface AdminApiOptions {
  readonly parts: ServerParts
  readonly gate: Gatekeeper
  readonly needsSecret: boolean
}

const prefix = '/admin/api'
const mostBytes = 1024 * 1024
const routes: readonly Route[] = [...registryRoutes, ...tokenRoutes, ...serverRoutes]

/** The HTTP API that controls the server, for programs in any language. */
export function adminApi({ parts, gate, needsSecret }: AdminApiOptions): AdminApi {
  const streams = eventStreams(parts.journal, parts.clock)

  async function answerTo(incoming: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const { headers, method = '' } = incoming
    const [path = '', query] = (incoming.url ?? '').split('?', 2)
    gate.checkPlace(headers)
    if (path === `${prefix}/session`) return session(incoming, gate)
    gate.checkAdmin(headers)
    if (path === `${prefix}/openapi.json`) return jsonAnswer(200, openApi(routes, needsSecret))
    if (path === `${prefix}/events` && method === 'GET') return void streams.open(response, JSON.stringify)
    const { route, params } = findRoute(method === 'HEAD' ? 'GET' : method, path)
    const body = method === 'GET' || method === 'HEAD' ? {} : await jsonBody(incoming)
    checkBody(route, body)
    const result = await route.run({ params, query: new URLSearchParams(query), body, parts })
    return result === undefined ? { status: 204, headers: noStore, body: '' } : jsonAnswer(200, result)
  }

  return {
    streams,
    async handle(incoming, response) {
      const answer = await answerTo(incoming, response).catch(refusal)
      // The rest of a body that is too long is not read, so the connection cannot be used again.
      if (!incoming.complete) response.setHeader('connection', 'close')
      if (answer !== undefined) await atOnce(answer, response, parts.clock)
    }
  }
}

/** Opens and closes the session of the page. Its cookie cannot be read by scripts. */
async function session(incoming: IncomingMessage, gate: Gatekeeper): Promise<Answer> {
  const { method, headers } = incoming
  if (method !== 'POST' && method !== 'DELETE') throw wrongMethod(['POST', 'DELETE'])
  const cookie = method === 'POST' ? gate.openSession((await jsonBody(incoming)).secret) : gate.closeSession(headers)
  return { status: 204, headers: { ...noStore, 'set-cookie': cookie }, body: '' }
}

const noStore = { 'cache-control': 'no-store' }

/** The answer for an error that was thrown. The request has changed nothing. */
export function refusal(error: unknown): Answer {
  if (error instanceof AdminError) return error.answer
  if (error instanceof ClientConfigurationError) return invalid(error.message).answer
  return new AdminError(500, 'server_error', 'This is a bug of the authorization server.').answer
}

function findRoute(method: string, path: string) {
  const found = routes.flatMap((route) => {
    const params = match(prefix + route.path, path)
    return params === undefined ? [] : [{ route, params }]
  })
  const one = found.find(({ route }) => route.method === method)
  if (one !== undefined) return one
  if (found.length > 0) throw wrongMethod(found.map(({ route }) => route.method))
  throw notFound(`There is no such resource. See ${prefix}/openapi.json.`)
}

function match(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = decoded(given[index] ?? '')
    if (/^\{\w+\}$/.test(part)) params[part.slice(1, -1)] = value
    else if (part !== value) return undefined
  }
  return params
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw invalid('The path is not correctly percent-encoded.')
  }
}

function wrongMethod(allowed: readonly string[]): AdminError {
  const sentence = `This path only allows the methods ${allowed.join(', ')}.`
  return new AdminError(405, 'method_not_allowed', sentence, { allow: allowed.join(', ') })
}

async function jsonBody(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBody(incoming, mostBytes)
  if (bytes === undefined) throw new AdminError(413, 'too_large', 'The body is larger than 1 MiB.')
  if (bytes.byteLength === 0) return {}
  const type = (incoming.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new AdminError(415, 'unsupported_media_type', 'The body must have the content type application/json.')
  const body = parsed(bytes)
  if (!isRecord(body)) throw invalid('The body must be a JSON object.')
  return body
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid('The body is not JSON.')
  }
}
