import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Answer, Exchange } from './exchange.ts'
import type { StartAnswer } from './incoming-answer.ts'
import { networkError } from './network-error.ts'
import type { OwnAgent } from './own-agent.ts'
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
  let request: ClientRequest | undefined
  let answerStarted = () => false
  try {
    request = agent.request(url, { method, headers: { ...headers }, path: requestTarget(exchange.url) })
    answerStarted = bytesOfAnswer(request)
    signal.addEventListener('abort', () => request?.destroy(), { once: true })
    const response = await responseTo(request, body)
    const answer = startAnswer(response.statusCode as number, joined(response.headersDistinct))
    for await (const chunk of response) answer.add(chunk)
    return answer.end()
  } catch (error) {
    request?.destroy()
    const failure = networkError(error, { host: url.host, answerStarted: answerStarted() })
    if (failure.code !== 'ERR_CONNECTION_RESET' || request?.reusedSocket !== true) throw failure
    // The server had closed a kept connection, and perhaps the other ones with it: whoever asks next shall get a new one.
    agent.dropIdle()
    if (method === 'GET' && !signal.aborted) return agentExchange(agent, exchange, signal, startAnswer) // RFC 9110 §9.2.2
    throw failure
  }
}

function responseTo(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // An answer that switches protocols ends without a word.
    const ended = () => reject(new Error('The connection ended without an answer.'))
    request.on('response', resolve).on('error', reject).on('close', ended).end(body)
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

function joined(headers: IncomingMessage['headersDistinct']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]))
}
