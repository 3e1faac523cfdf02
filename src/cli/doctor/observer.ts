import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'

/** An answer that this process received. The request is not kept, because it holds the secret. */
export interface SeenAnswer {
  readonly method: string
  /** The URL without its query. */
  readonly url: string
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** When the head of the answer arrived, in epoch ms. */
  readonly at: number
  /** The part of the body that has arrived so far. */
  body(): string
}

export interface Observer {
  readonly answers: readonly SeenAnswer[]
  stop(): void
}

const channel = 'http.client.response.finish'
const mostBytes = 256 * 1024

/**
 * Records every answer that `node:http` receives in this process. So the doctor sees the requests that the service itself would make, by the same code
 * and the same route.
 */
export function observeAnswers(): Observer {
  const answers: SeenAnswer[] = []
  const note = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage }
    answers.push(seen(request, response))
  }
  subscribe(channel, note)
  return { answers, stop: () => void unsubscribe(channel, note) }
}

function seen(request: ClientRequest, response: IncomingMessage): SeenAnswer {
  const { protocol, host, path, method } = request
  const chunks: Buffer[] = []
  let size = 0
  // A `data` listener would make the stream flow before its own reader listens.
  const push = response.push
  response.push = (chunk: Buffer | null, ...others) => {
    if (chunk !== null && size < mostBytes) chunks.push(chunk)
    size += chunk?.length ?? 0
    return push.call(response, chunk, ...others)
  }
  const authority = String(request.getHeader('host') ?? host)
  return {
    method,
    url: `${protocol}//${authority}${path.split('?')[0]}`,
    status: response.statusCode ?? 0,
    headers: response.headers,
    at: Date.now(),
    body: () => Buffer.concat(chunks).toString('utf8')
  }
}
