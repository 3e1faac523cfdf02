import { setMaxListeners } from 'node:events'
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'
import { ClientClosedError, TokenClientError } from '../errors.ts'
import { version } from '../version.ts'
import { withDeadline } from './deadline.ts'
import { dispatchExchange } from './dispatch-exchange.ts'
import type { Answer, Exchange } from './exchange.ts'
import { type Fetch, fetchExchange } from './fetch-exchange.ts'
import { ownAgents } from './own-agents.ts'

export type { Answer, Exchange } from './exchange.ts'

export interface Sender {
  /**
   * Rejects with `ERR_TIMEOUT`, `ERR_CONNECTION_RESET` (before the first byte of an answer), `ERR_NETWORK`, `ERR_TLS_ERROR`,
   * `ERR_BODY_TOO_LARGE` or `ERR_UNEXPECTED_CONTENT_ENCODING`. Any status is an answer; redirects are not followed.
   */
  send(exchange: Exchange): Promise<Answer>
  /** Ends what is under way with `ClientClosedError` and closes the sender's own connections, never a user's dispatcher. */
  close(): Promise<void>
}

export interface SenderOptions {
  /** How exchanges travel, in place of the sender's own Agent. */
  readonly dispatcher?: Dispatcher | undefined
  /** The same, for `fetch`. */
  readonly fetch?: Fetch | undefined
  /** PEM of the authorities that the sender's own connections trust; those of the platform unless given. */
  readonly ca?: string | undefined
  readonly clock: Clock
}

/** One exchange with the authorization server at a time of need: one deadline, one size limit, no redirects, no cookies, no encoding. */
export function sender({ dispatcher, fetch, ca, clock }: SenderOptions): Sender {
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // One for each exchange under way: no leak, however many.
  const agents = ownAgents(ca)

  async function travel(exchange: Exchange, signal: AbortSignal): Promise<Answer> {
    if (fetch !== undefined) return fetchExchange(fetch, exchange, signal)
    if (dispatcher !== undefined) return dispatchExchange(dispatcher, exchange, signal)
    return dispatchExchange(await agents.for(exchange.certificate), exchange, signal)
  }

  return {
    send(exchange) {
      const { timeout, signal, headers } = exchange
      return withDeadline(
        { clock, timeout, timedOut: () => timedOut(exchange), signals: [closing.signal, signal] },
        (ended) => travel({ ...exchange, headers: { accept: 'application/json', ...headers, ...ownHeaders } }, ended)
      )
    },
    async close() {
      closing.abort(new ClientClosedError())
      await agents.destroy()
    }
  }
}

const ownHeaders = {
  'accept-encoding': 'identity',
  // undici's dispatchers send none of their own, and gateways refuse a request without.
  'user-agent': `service-token-client/${version}`
}

function timedOut({ url, timeout }: Exchange): TokenClientError {
  return new TokenClientError(
    'ERR_TIMEOUT',
    `No whole answer from ${new URL(url).host} within ${Math.round(timeout)} ms.`,
    {
      transient: true
    }
  )
}
