import { AsyncResource } from 'node:async_hooks'
import type { Duplex } from 'node:stream'
import type { Controller, Handler, RawFields, ResponseHeaders } from './dispatch.ts'

/** undici 7 does not declare `onRequestSent`. */
type Callback = keyof Handler | 'onRequestSent'

/**
 * Passes one request's events on to the caller's handler, and is the controller that the handler sees. It can be
 * aborted and paused before undici has a connection: then the handler hears of an abort at once, and of its error once.
 */
export class Relay implements Handler, Controller {
  protected readonly handler: Handler
  /**
   * The asynchronous context of the dispatch that asked. undici calls back in the context of whoever opened the connection,
   * and that can be another caller.
   */
  protected readonly context: AsyncResource
  /** Controls the attempt that is on the wire; null while none is. */
  protected live: Controller | null = null
  #paused = false
  #aborted = false
  #reason: Error | null = null
  #failure: Error | undefined

  constructor(handler: Handler, context = new AsyncResource('SERVICE_TOKEN_REQUEST')) {
    this.handler = handler
    this.context = context
  }

  protected get failed(): boolean {
    return this.#failure !== undefined
  }

  /** The handler hears of one error and of nothing after it. */
  protected fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#tell('onResponseError', this, error)
  }

  #tell(name: Callback, ...given: unknown[]): void {
    const callback = (this.handler as Partial<Record<Callback, (...given: unknown[]) => void>>)[name]
    if (callback !== undefined) this.context.runInAsyncScope(callback, this.handler, ...given)
  }

  // --- the controller ---

  get aborted(): boolean {
    return this.#aborted || (this.live?.aborted ?? false)
  }

  get paused(): boolean {
    return this.#paused
  }

  get reason(): Error | null {
    return this.#reason ?? this.live?.reason ?? null
  }

  get rawHeaders(): RawFields | null {
    return this.live?.rawHeaders ?? null
  }

  set rawHeaders(headers: RawFields | null) {
    if (this.live !== null) this.live.rawHeaders = headers
  }

  get rawTrailers(): RawFields | null {
    return this.live?.rawTrailers ?? null
  }

  set rawTrailers(trailers: RawFields | null) {
    if (this.live !== null) this.live.rawTrailers = trailers
  }

  pause(): void {
    this.#paused = true
    this.live?.pause()
  }

  resume(): void {
    this.#paused = false
    this.live?.resume()
  }

  abort(reason: Error = new DOMException('The request was aborted.', 'AbortError')): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    if (this.live !== null) this.live.abort(reason)
    else this.fail(reason)
  }

  // --- the handler ---

  onRequestStart(controller: Controller, context: unknown): void {
    if (this.#failure !== undefined) {
      controller.abort(this.#failure)
      return
    }
    this.live = controller
    if (this.#paused) controller.pause()
    this.#tell('onRequestStart', this, context)
  }

  onBodySent(...sent: Parameters<NonNullable<Handler['onBodySent']>>): void {
    this.#tell('onBodySent', ...sent)
  }

  onRequestSent(): void {
    this.#tell('onRequestSent')
  }

  onResponseStarted(): void {
    this.#tell('onResponseStarted')
  }

  onRequestUpgrade(_controller: Controller, status: number, headers: ResponseHeaders, socket: Duplex): void {
    this.#tell('onRequestUpgrade', this, status, headers, socket)
  }

  onResponseStart(_controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    this.#tell('onResponseStart', this, status, headers, message)
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#tell('onResponseData', this, chunk)
  }

  onResponseEnd(_controller: Controller, trailers: ResponseHeaders): void {
    this.#tell('onResponseEnd', this, trailers)
  }

  // It can follow `onResponseEnd`: a handler that throws there asks for it.
  onResponseError(_controller: Controller, error: Error): void {
    this.fail(error)
  }
}
