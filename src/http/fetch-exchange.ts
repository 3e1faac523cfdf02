import { discardBody } from './discard-body.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { StartAnswer } from './incoming-answer.ts'
import { networkError } from './network-error.ts'
import { uncached } from './uncached.ts'

export type Fetch = typeof globalThis.fetch

/** One exchange through a user's `fetch`. */
export async function fetchExchange(
  fetch: Fetch,
  exchange: Exchange,
  signal: AbortSignal,
  startAnswer: StartAnswer
): Promise<Answer> {
  const { host, href } = new URL(exchange.url) // sent as it was judged: another parser may read its text in another way
  const { method, headers, body } = exchange
  let response: Response | undefined
  try {
    const answered: unknown = await uncached(fetch, href, {
      method,
      headers: { ...headers },
      body: body ?? null,
      redirect: 'manual',
      credentials: 'omit',
      signal
    })
    if (!isResponse(answered)) throw new TypeError('The fetch function returned something that is not a Response.')
    response = answered
    const answer = startAnswer(response.status, Object.fromEntries(response.headers))
    for await (const chunk of response.body ?? []) answer.add(chunk)
    return answer.end()
  } catch (error) {
    if (response !== undefined) void discardBody(response) // A body that was refused unread would hold its connection.
    throw networkError(error, { host, answerStarted: response !== undefined })
  }
}

function isResponse(answered: unknown): answered is Response {
  const { status, headers } = (answered ?? {}) as Partial<Response>
  return typeof status === 'number' && typeof headers?.[Symbol.iterator] === 'function'
}
