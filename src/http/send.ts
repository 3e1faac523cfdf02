import { setMaxListeners } from 'node:events'
import { builtin } from '../builtin.ts'
import type { Clock, Timer } from '../clock.ts'
import { ClientClosedError, TokenClientError } from '../errors.ts'
import { ownMembers } from '../own-members.ts'
import { version } from '../version.ts'
import { withDeadline } from '../waiting/deadline.ts'
import { agentExchange } from './agent-exchange.ts'
import { dispatchExchange } from './dispatch-exchange.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Answer, Exchange } from './exchange.ts'
import { type Fetch, fetchExchange } from './fetch-exchange.ts'
import { type IncomingAnswer, incomingAnswer, type StartAnswer } from './incoming-answer.ts'
import type { Connecting } from './own-agent.ts'
import { type OwnAgents, ownAgents } from './own-agents.ts'
import { hostThrough, proxyRefusal } from './proxy-refusal.ts'

export type { Answer, Exchange } from './exchange.ts'

export interface Sender {
  /**
   * Rejects with `ERR_TIMEOUT`, `ERR_CONNECTION_RESET` (before the first byte of an answer), `ERR_NETWORK`, `ERR_TLS_ERROR`,
   * `ERR_PROXY_REFUSED`, `ERR_BODY_TOO_LARGE` or `ERR_UNEXPECTED_CONTENT_ENCODING`. Any status is an answer; redirects are not followed.
   * Outside 2xx the status decides. If the body cannot be read, the answer is returned without it.
   */
  send(exchange: Exchange): Promise<Answer>
  /** Ends what is under way with `ClientClosedError` and closes the sender's own connections, never a user's dispatcher. */
  close(): Promise<void>
}

export interface SenderOptions extends Connecting {
  /** What sends exchanges, instead of our own connections. */
  readonly dispatcher?: Dispatcher | undefined
  /** The same, for `fetch`. */
  readonly fetch?: Fetch | undefined
  /** Connections that other senders use too, instead of own ones. The sender releases them when it closes. */
  readonly agents?: OwnAgents | undefined
  /** False if the caller of an exchange keeps the process alive, so that the process can end while nobody waits. */
  readonly holdsProcess?: boolean | undefined
  readonly clock: Clock
}

/** Sends one request to the authorization server: one deadline, one size limit, no redirects, no cookies, no encoding. */
export function sender(given: SenderOptions): Sender {
  const {
    dispatcher,
    fetch,
    clock,
    holdsProcess,
    connect,
    proxies,
    agents = ownAgents({ connect, proxies })
  } = ownMembers(given)
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // One for each exchange under way: no leak, however many.

  function travel(exchange: Exchange, signal: AbortSignal, startAnswer: StartAnswer): Promise<Answer> {
    if (fetch !== undefined) return fetchExchange(fetch, exchange, signal, startAnswer)
    if (dispatcher !== undefined) return dispatchExchange(dispatcher, exchange, signal, startAnswer)
    return agentExchange(agents.for(exchange.certificate), exchange, signal, startAnswer)
  }

  async function send(given: Exchange): Promise<Answer> {
    const exchange = ownMembers(given)
    const { url, timeout, signal, mostBytes } = exchange
    const headers = { ...usualHeaders, ...exchange.headers, 'accept-encoding': 'identity' }
    const bodyTooSlow = new AbortController()
    const signals = [closing.signal, signal, bodyTooSlow.signal]
    let head: Answer | undefined
    let timer: Timer | undefined
    const target = new URL(url)
    let { host } = target
    let proxy: URL | undefined
    if (fetch === undefined && dispatcher === undefined) {
      loadFor(target)
      proxy = agents.for(exchange.certificate).proxyOf(target)
      host = hostThrough(target, proxy)
      if (proxy !== undefined) exchange.through?.(host)
    }

    function startAnswer(status: number, headers: Answer['headers']): IncomingAnswer {
      if (status === 407) throw proxyRefusal(status, proxy) // No authorization server says that (RFC 9110 §15.5.8).
      timer?.cancel()
      head = isSuccess(status) ? undefined : { status, headers, body: new Uint8Array() }
      if (head !== undefined) timer = clock.startTimer(() => bodyTooSlow.abort(), patienceWithErrors, 'deadline')
      return incomingAnswer(status, headers, target.host, mostBytes)
    }

    try {
      return await withDeadline({ clock, timeout, timedOut: () => timedOut(host, timeout), signals }, (deadline) =>
        travel(Object.assign(exchange, { headers, holdsProcess }), deadline.signal, startAnswer)
      )
    } catch (error) {
      if (head === undefined || closing.signal.aborted || signal?.aborted) throw error
      return head
    } finally {
      timer?.cancel()
    }
  }

  return {
    send,
    async close() {
      closing.abort(new ClientClosedError())
      agents.release()
    }
  }
}

/** Loads before the deadline starts, so loading does not count. */
function loadFor({ protocol }: URL): void {
  void (protocol === 'https:' ? builtin.https : builtin.http)
}

/** Milliseconds that the body of an error is waited for once its head has come. */
const patienceWithErrors = 1000

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

const usualHeaders = {
  accept: 'application/json',
  // Neither node:http nor undici's dispatchers send one of their own, and gateways refuse a request without.
  'user-agent': `service-token-client/${version}`
}

function timedOut(host: string, timeout: number): TokenClientError {
  const message = `No whole answer came from ${host} within ${Math.round(timeout)} ms.`
  return new TokenClientError('ERR_TIMEOUT', message, { transient: true })
}
