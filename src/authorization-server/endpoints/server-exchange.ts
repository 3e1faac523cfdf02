import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import { atOnce } from '../faults/delivery.ts'
import { altered, type Fault } from '../faults/fault.ts'
import type { FaultQueue } from '../faults/fault-queue.ts'
import { readBody } from '../http/body.ts'
import { type AllowedOrigins, allowOrigin, answeredPreflight } from '../http/cors.ts'
import { presentedCertificate } from '../http/presented-certificate.ts'
import { OAuthError } from '../http/refusal-error.ts'
import type { LogEntry, WritableRequestLog } from '../http/request-log.ts'
import { type Answer, jsonAnswer } from '../http/server-answer.ts'
import type { Endpoint } from './endpoint.ts'

const longestBody = 64 * 1024

export interface ExchangeOptions {
  /** The endpoints by their paths. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly isDown: () => boolean
  /** The origins whose pages may read the answers. */
  readonly cors: AllowedOrigins
  readonly queue: FaultQueue
  readonly log: WritableRequestLog
  readonly clock: Clock
  /** Epoch ms, by the clock of the server with its fault. */
  readonly now: () => number
}

/** Answers one HTTP request, with the fault whose turn it is. It never throws. If an answer cannot be sent, it breaks the connection. */
export async function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: ExchangeOptions
): Promise<void> {
  try {
    await answerTo(incoming, response, options)
  } catch {
    response.destroy()
  }
}

async function answerTo(incoming: IncomingMessage, response: ServerResponse, options: ExchangeOptions): Promise<void> {
  const { endpoints, isDown, cors, queue, log, clock, now } = options
  if (isDown()) return void incoming.socket.resetAndDestroy()
  const endpoint = endpoints.get((incoming.url ?? '').split('?', 1)[0] ?? '')
  // Node would use the clock of the machine, without the fault.
  response.sendDate = false
  response.setHeader('date', new Date(now()).toUTCString())
  if (endpoint === undefined) return atOnce({ status: 404, headers: {}, body: '' }, response, clock)
  allowOrigin(incoming, response, cors)
  if (answeredPreflight(incoming, response, cors)) return

  const entry = log.add(endpoint.name, now())
  const acting = queue.next(endpoint.name)
  const { fault = {} } = acting ?? {}
  entry.fault = acting?.name
  const answer = fault.instead ?? (await realAnswer(incoming, endpoint, entry, fault))
  log.settle(entry)
  const { alteration, deliver = atOnce } = fault
  await deliver(alteration === undefined ? answer : altered(answer, alteration), response, clock)
}

async function realAnswer(
  incoming: IncomingMessage,
  endpoint: Endpoint,
  entry: LogEntry,
  fault: Fault
): Promise<Answer> {
  const method = incoming.method === 'HEAD' ? 'GET' : incoming.method
  if (method !== endpoint.method) return wrongMethod(endpoint)
  try {
    const { headers } = incoming
    const certificate = presentedCertificate(incoming)
    return await endpoint.answer({ headers, body: await formBody(incoming), certificate, entry, fault })
  } catch (error) {
    if (error instanceof OAuthError) return refused(error, entry)
    return jsonAnswer(500, { error: 'server_error' })
  }
}

function wrongMethod({ method }: Endpoint): Answer {
  return { status: 405, headers: { allow: method === 'GET' ? 'GET, HEAD' : method }, body: '' }
}

function refused({ error, message, missing, answer }: OAuthError, entry: LogEntry): Answer {
  entry.error = error
  entry.reason = message
  entry.missing = missing
  return answer
}

async function formBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const body = await readBody(incoming, longestBody)
  if (body === undefined) throw new OAuthError('invalid_request', 'The body is larger than 64 KiB.', { status: 413 })
  return body
}
