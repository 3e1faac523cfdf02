import type { Dispatcher as UndiciDispatcher } from 'undici'
import type { Dispatcher } from './dispatcher.ts'
import type { Answer, Exchange } from './exchange.ts'
import { type IncomingAnswer, incomingAnswer } from './incoming-answer.ts'
import { networkError } from './network-error.ts'
import { requestTarget } from './request-target.ts'

/** One exchange through a dispatcher of any undici that is supported. Nothing of undici is loaded for it. */
export function dispatchExchange(given: Dispatcher, exchange: Exchange, signal: AbortSignal): Promise<Answer> {
  const dispatcher = given as Pick<UndiciDispatcher, 'dispatch'>
  const { method, headers, body } = exchange
  const url = new URL(exchange.url)
  // A redirect interceptor on the user's dispatcher obeys this. The timers of undici rest: one deadline rules.
  const options = { maxRedirections: 0, headersTimeout: 0, bodyTimeout: 0 }
  return new Promise((resolve, reject) => {
    const handler = new AnswerHandler(url.host, signal, resolve, reject)
    const request = { ...options, origin: url.origin, path: requestTarget(exchange.url), method, body: body ?? null }
    // A user's interceptor can throw; an async one gives a promise, whose failure nobody else would look at.
    const dispatched = async () => dispatcher.dispatch({ ...request, headers: { ...headers } }, handler)
    dispatched().catch((error: unknown) => handler.onResponseError(undefined, error))
  })
}

class AnswerHandler implements UndiciDispatcher.DispatchHandler {
  readonly #host: string
  readonly #signal: AbortSignal
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: unknown) => void
  #answerStarted = false
  #answer: IncomingAnswer | undefined

  constructor(host: string, signal: AbortSignal, resolve: (answer: Answer) => void, reject: (error: unknown) => void) {
    this.#host = host
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(controller: UndiciDispatcher.DispatchController): void {
    // undici has no way to leave its queue: one that left already is stopped here, before a byte is written.
    if (this.#signal.aborted) controller.abort(this.#signal.reason)
    else this.#signal.addEventListener('abort', () => controller.abort(this.#signal.reason), { once: true })
  }

  onResponseStarted(): void {
    this.#answerStarted = true
  }

  onResponseStart(
    controller: UndiciDispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>
  ): void {
    this.#answerStarted = true
    if (status < 200) return
    this.#orAbort(controller, () => {
      this.#answer = incomingAnswer(status, joined(headers), this.#host)
    })
  }

  onResponseData(controller: UndiciDispatcher.DispatchController, chunk: Buffer): void {
    this.#orAbort(controller, () => this.#answer?.add(chunk))
  }

  onResponseEnd(): void {
    if (this.#answer !== undefined) this.#resolve(this.#answer.end())
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#reject(networkError(error, { host: this.#host, answerStarted: this.#answerStarted }))
  }

  #orAbort(controller: UndiciDispatcher.DispatchController, read: () => void): void {
    try {
      read()
    } catch (refusal) {
      this.#answer = undefined
      this.#reject(refusal)
      controller.abort(refusal as Error)
    }
  }
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')])
  )
}
