import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'

/** An answer that came to this process. What was sent is not kept: it holds the secret. */
export interface SeenAnswer {
  readonly method: string
  /** Without the query. */
  readonly url: string
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Epoch ms at which the head of the answer came. */
  readonly at: number
  /** As much of the body as had come when it is asked for. */
  body(): string
}

export interface Observer {
  readonly answers: readonly SeenAnswer[]
  stop(): void
}

const channel = 'http.client.response.finish'
const mostBytes = 256 * 1024

/**
 * Sees every answer that `node:http` brings to this process, beside whoever asked: so the requests that are looked at are those that the service would
 * make, by the same code and the same way.
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
  // Listening to `data` would set the stream flowing before its reader is there.
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
