import type { Dispatcher as UndiciDispatcher } from 'undici'
import type { Dispatcher } from './dispatcher.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { IncomingAnswer, StartAnswer } from './incoming-answer.ts'
import { networkError } from './network-error.ts'
import { requestTarget } from './request-target.ts'

/** One exchange through a dispatcher of any undici that is supported. Nothing of undici is loaded for it. */
export function dispatchExchange(
  given: Dispatcher,
  exchange: Exchange,
  signal: AbortSignal,
  startAnswer: StartAnswer
): Promise<Answer> {
  const dispatcher = given as Pick<UndiciDispatcher, 'dispatch'>
  const { method, headers, body } = exchange
  const url = new URL(exchange.url)
  // This stops a redirect interceptor on the user's dispatcher. The timers of undici are off, because there is only one deadline.
  const options = { maxRedirections: 0, headersTimeout: 0, bodyTimeout: 0 }
  return new Promise((resolve, reject) => {
    const handler = new AnswerHandler({ host: url.host, signal, startAnswer, resolve, reject })
    const request = { ...options, origin: url.origin, path: requestTarget(exchange.url), method, body: body ?? null }
    // A user's interceptor can throw. An async one returns a promise, and nobody else would handle its failure.
    const dispatched = async () => dispatcher.dispatch({ ...request, headers: { ...headers } }, handler)
    dispatched().catch((error: unknown) => handler.onResponseError(undefined, error))
  })
}

interface Undertaking {
  readonly host: string
  readonly signal: AbortSignal
  readonly startAnswer: StartAnswer
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

class AnswerHandler implements UndiciDispatcher.DispatchHandler {
  readonly #undertaking: Undertaking
  #answerStarted = false
  #answer: IncomingAnswer | undefined

  constructor(undertaking: Undertaking) {
    this.#undertaking = undertaking
  }

  onRequestStart(controller: UndiciDispatcher.DispatchController): void {
    const { signal } = this.#undertaking
    // A request cannot leave undici's queue. If its caller has already left, it is stopped here, before a byte is written.
    if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
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
      this.#answer = this.#undertaking.startAnswer(status, joined(headers))
    })
  }

  onResponseData(controller: UndiciDispatcher.DispatchController, chunk: Buffer): void {
    this.#orAbort(controller, () => this.#answer?.add(chunk))
  }

  onResponseEnd(): void {
    if (this.#answer !== undefined) this.#undertaking.resolve(this.#answer.end())
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#undertaking.reject(networkError(error, { host: this.#undertaking.host, answerStarted: this.#answerStarted }))
  }

  #orAbort(controller: UndiciDispatcher.DispatchController, read: () => void): void {
    try {
      read()
    } catch (refusal) {
      this.#answer = undefined
      this.#undertaking.reject(refusal)
      controller.abort(refusal as Error)
    }
  }
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')])
  )
}
