import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import { atOnce } from '../faults/delivery.ts'
import { altered, type Fault, type FaultQueue } from '../faults/fault-queue.ts'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import { OAuthError } from '../http/oauth-error.ts'
import { presentedCertificate } from '../http/presented-certificate.ts'
import type { LogEntry, WritableRequestLog } from '../http/request-log.ts'
import type { Endpoint } from './endpoint.ts'

const longestBody = 64 * 1024

export interface ExchangeOptions {
  readonly origin: string
  /** By URL. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly queue: FaultQueue
  readonly log: WritableRequestLog
  readonly clock: Clock
  /** Epoch ms, as the server believes it. */
  readonly now: () => number
}

/** Answers one HTTP request, with the fault that is due. Never throws: what cannot be sent breaks the connection. */
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
  const { origin, endpoints, queue, log, clock, now } = options
  const endpoint = endpoints.get(origin + incoming.url?.split('?', 1)[0])
  // Node would read the machine's clock.
  response.sendDate = false
  response.setHeader('date', new Date(now()).toUTCString())
  if (endpoint === undefined) return atOnce({ status: 404, headers: {}, body: '' }, response, clock)

  const entry = log.add(endpoint.name, now())
  const fault = queue.next(endpoint.name)
  const answer = fault.instead ?? (await realAnswer(incoming, endpoint, entry, fault))
  const { alteration, deliver = atOnce } = fault
  await deliver(alteration === undefined ? answer : altered(answer, alteration), response, clock)
}

async function realAnswer(
  incoming: IncomingMessage,
  endpoint: Endpoint,
  entry: LogEntry,
  fault: Fault
): Promise<Answer> {
  if (incoming.method !== endpoint.method) return { status: 405, headers: { allow: endpoint.method }, body: '' }
  try {
    const { headers } = incoming
    const certificate = presentedCertificate(incoming)
    return await endpoint.answer({ headers, body: await readBody(incoming), certificate, entry, fault })
  } catch (error) {
    if (error instanceof OAuthError) return error.answer
    return jsonAnswer(500, { error: 'server_error' })
  }
}

async function readBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > longestBody) throw new OAuthError('invalid_request', 'The body is over 64 KiB.', { status: 413 })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
