import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { RefusalAnswer } from './answer-for.ts'

/** A response of node:http, node:http2 or Express, or a reply of Fastify. */
export type GuardedResponse = ServerResponse | Http2ServerResponse | FastifyReply

/** The part of a reply of Fastify that is used. */
export interface FastifyReply {
  readonly raw: ServerResponse | Http2ServerResponse
  code(status: number): unknown
  headers(fields: Record<string, string>): unknown
  send(body?: string): unknown
}

/** Whether another middleware has answered already or the client has disconnected. */
export function isAnswered(response: GuardedResponse): boolean {
  const raw = rawResponse(response)
  return raw.headersSent || raw.writableEnded || isDestroyed(raw)
}

export function rawResponse(response: GuardedResponse): ServerResponse | Http2ServerResponse {
  return 'writeHead' in response ? response : response.raw
}

/** Sends the answer, unless somebody else has. It never throws; if it cannot answer, it ends the response. */
export function sendAnswer({ status, headers, body }: RefusalAnswer, response: GuardedResponse): void {
  if (isAnswered(response)) return
  try {
    if (!('writeHead' in response)) {
      response.code(status)
      response.headers({ ...headers })
      response.send(body)
      return
    }
    response.statusCode = status
    for (const [name, value] of Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) }))
      response.setHeader(name, value)
    response.end(body)
  } catch {
    destroy(response)
  }
}

/** Adds header fields to the later answer, unless its head has been sent. */
export function setFields(response: GuardedResponse, fields: Readonly<Record<string, string>>): void {
  if (isAnswered(response)) return
  if (!('writeHead' in response)) response.headers({ ...fields })
  else for (const [name, value] of Object.entries(fields)) response.setHeader(name, value)
}

/** Ends a response that failed half-way. Nothing more can be sent, and the caller must not wait for the rest. */
export function cutShort(response: GuardedResponse): void {
  if (!rawResponse(response).writableEnded) destroy(response)
}

function destroy(response: GuardedResponse): void {
  const raw = rawResponse(response)
  if ('destroy' in raw && !('stream' in raw)) raw.destroy()
  else if ('stream' in raw) raw.stream?.destroy()
}

function isDestroyed(raw: ServerResponse | Http2ServerResponse): boolean {
  return 'stream' in raw ? (raw.stream?.destroyed ?? true) : raw.destroyed
}
