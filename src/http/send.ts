import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.ts'
import { ClientClosedError, TokenClientError } from '../errors.ts'
import { version } from '../version.ts'
import { agentExchange } from './agent-exchange.ts'
import type { ConnectOptions } from './connect-options.ts'
import { withDeadline } from './deadline.ts'
import { dispatchExchange } from './dispatch-exchange.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Answer, Exchange } from './exchange.ts'
import { type Fetch, fetchExchange } from './fetch-exchange.ts'
import { type OwnAgents, ownAgents } from './own-agents.ts'

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
  /** How exchanges travel, in place of own connections. */
  readonly dispatcher?: Dispatcher | undefined
  /** The same, for `fetch`. */
  readonly fetch?: Fetch | undefined
  /** TLS of the sender's own connections. */
  readonly connect?: ConnectOptions | undefined
  /** Connections that other senders use as well, in place of own ones. The sender lets go of them when it closes. */
  readonly agents?: OwnAgents | undefined
  readonly clock: Clock
}

/** One exchange with the authorization server at a time of need: one deadline, one size limit, no redirects, no cookies, no encoding. */
export function sender({ dispatcher, fetch, connect, clock, agents = ownAgents(connect) }: SenderOptions): Sender {
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // One for each exchange under way: no leak, however many.

  function travel(exchange: Exchange, signal: AbortSignal): Promise<Answer> {
    if (fetch !== undefined) return fetchExchange(fetch, exchange, signal)
    if (dispatcher !== undefined) return dispatchExchange(dispatcher, exchange, signal)
    return agentExchange(agents.for(exchange.certificate), exchange, signal)
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
      agents.release()
    }
  }
}

const ownHeaders = {
  'accept-encoding': 'identity',
  // Neither node:http nor undici's dispatchers send one of their own, and gateways refuse a request without.
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
