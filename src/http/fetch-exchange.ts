import { discardBody } from './discard-body.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { StartAnswer } from './incoming-answer.ts'
import { networkError } from './network-error.ts'

export type Fetch = typeof globalThis.fetch

/** One exchange through a user's `fetch`. */
export async function fetchExchange(
  fetch: Fetch,
  exchange: Exchange,
  signal: AbortSignal,
  startAnswer: StartAnswer
): Promise<Answer> {
  const { host } = new URL(exchange.url)
  const { method, headers, body } = exchange
  let response: Response | undefined
  try {
    const answered: unknown = await uncached(fetch, exchange.url, {
      method,
      headers: { ...headers },
      body: body ?? null,
      redirect: 'manual',
      credentials: 'omit',
      signal
    })
    if (!isResponse(answered)) throw new TypeError('The fetch function gave something that is no Response.')
    response = answered
    const answer = startAnswer(response.status, Object.fromEntries(response.headers))
    for await (const chunk of response.body ?? []) answer.add(chunk)
    return answer.end()
  } catch (error) {
    if (response !== undefined) void discardBody(response) // A body that was refused unread would hold its connection.
    throw networkError(error, { host, answerStarted: response !== undefined })
  }
}

/** Those that refuse the word `cache` in a request. */
const withoutCacheOption = new WeakSet<Fetch>()

/** Frameworks put caches into `fetch`, and a token that was kept there can have ended. Some platforms know no such option. */
async function uncached(fetch: Fetch, url: string, init: RequestInit): Promise<unknown> {
  if (withoutCacheOption.has(fetch)) return fetch(url, init)
  try {
    return await fetch(url, { ...init, cache: 'no-store' } as RequestInit)
  } catch (error) {
    if (!refusesTheOption(error) || init.signal?.aborted) throw error
    withoutCacheOption.add(fetch)
    return fetch(url, init)
  }
}

/** Said before anything is sent: a failure of the network has a cause or a code. */
function refusesTheOption(error: unknown): boolean {
  if (!(error instanceof Error) || error.cause !== undefined || 'code' in error) return false
  return /\bcache\b|not implemented|not supported|unsupported/i.test(error.message)
}

function isResponse(answered: unknown): answered is Response {
  const { status, headers } = (answered ?? {}) as Partial<Response>
  return typeof status === 'number' && typeof headers?.[Symbol.iterator] === 'function'
}
