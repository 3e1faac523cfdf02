import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import { lacking } from '../builtin.ts'
import { TokenClientError } from '../errors.ts'
import { codeOf } from './code-of.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { StartAnswer } from './incoming-answer.ts'
import { joined } from './joined.ts'
import { networkError } from './network-error.ts'
import type { OwnAgent } from './own-agent.ts'
import { hostThrough } from './proxy-refusal.ts'
import { requestTarget } from './request-target.ts'

/** One exchange over connections of our own. Answers of status 1xx are skipped, and no redirect is followed. */
export async function agentExchange(
  agent: OwnAgent,
  exchange: Exchange,
  signal: AbortSignal,
  startAnswer: StartAnswer
): Promise<Answer> {
  const { method, headers, body } = exchange
  const url = new URL(exchange.url)
  const host = hostThrough(url, agent.proxyOf(url))
  let request: ClientRequest | undefined
  let answerStarted = () => false
  try {
    request = begun(agent, url, { method, headers: { ...headers }, path: requestTarget(exchange.url) })
    if (exchange.holdsProcess === false) request.once('socket', (socket) => socket.unref())
    answerStarted = bytesOfAnswer(request)
    const response = await responseTo(request, body, signal)
    const answer = startAnswer(response.statusCode as number, joined(response.headersDistinct))
    for await (const chunk of response) answer.add(chunk)
    return answer.end()
  } catch (error) {
    request?.destroy()
    const failure = networkError(error, { host, answerStarted: answerStarted() })
    if (failure.code !== 'ERR_CONNECTION_RESET' || request?.reusedSocket !== true) throw failure
    // The server had closed a kept connection, and perhaps others too, so the next request gets a new one.
    agent.dropIdle()
    if (method === 'GET' && !signal.aborted) return agentExchange(agent, exchange, signal, startAnswer) // RFC 9110 §9.2.2
    throw failure
  } finally {
    agent.ended()
  }
}

/** Node gives its errors a code. Others throw where they only seem to have the module. */
function begun(agent: OwnAgent, url: URL, options: RequestOptions): ClientRequest {
  try {
    return agent.request(url, options)
  } catch (error) {
    if (error instanceof TokenClientError || codeOf(error as Error) !== '') throw error
    lacking(`This platform cannot send a request with node:${url.protocol.slice(0, -1)}`, error)
  }
}

function responseTo(request: ClientRequest, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    function leave(): void {
      request.destroy()
      reject(signal.reason) // A request that still waits for its connection says nothing when it is destroyed.
    }
    signal.addEventListener('abort', leave, { once: true })
    function begin(response: IncomingMessage): void {
      resolve(response)
      request.on('error', (error) => response.destroy(error)) // The answer itself would say only that it was cut off.
    }
    // An answer that switches protocols ends without a word.
    const ended = () => reject(new Error('The connection ended without an answer.'))
    request.on('response', begin).on('error', reject).on('close', ended).end(body)
  })
}

/** Asks whether a byte has come since the connection was given to this request; it may have carried others before. */
function bytesOfAnswer(request: ClientRequest): () => boolean {
  let connection: Socket | undefined
  let before = 0
  request.once('socket', (socket) => {
    connection = socket
    before = socket.bytesRead
  })
  return () => connection !== undefined && connection.bytesRead > before
}
