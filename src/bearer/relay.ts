import type { Duplex } from 'node:stream'
import type { Controller, Handler, RawFields, ResponseHeaders } from './dispatch.ts'

/**
 * Passes one request's events on to the caller's handler, and is the controller that the handler sees. It can be
 * aborted and paused before undici has a connection: then the handler hears of an abort at once, and of its error once.
 */
export class Relay implements Handler, Controller {
  protected readonly handler: Handler
  /** Controls the attempt that is on the wire; null while none is. */
  protected live: Controller | null = null
  #paused = false
  #aborted = false
  #reason: Error | null = null
  #failure: Error | undefined

  constructor(handler: Handler) {
    this.handler = handler
  }

  protected get failed(): boolean {
    return this.#failure !== undefined
  }

  /** The handler hears of one error and of nothing after it. */
  protected fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.handler.onResponseError?.(this, error)
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
    this.handler.onRequestStart?.(this, context)
  }

  onBodySent(...sent: Parameters<NonNullable<Handler['onBodySent']>>): void {
    this.handler.onBodySent?.(...sent)
  }

  onRequestSent(): void {
    const handler: Handler & { onRequestSent?(): void } = this.handler // undici 7 does not declare it
    handler.onRequestSent?.()
  }

  onResponseStarted(): void {
    this.handler.onResponseStarted?.()
  }

  onRequestUpgrade(_controller: Controller, status: number, headers: ResponseHeaders, socket: Duplex): void {
    this.handler.onRequestUpgrade?.(this, status, headers, socket)
  }

  onResponseStart(_controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    this.handler.onResponseStart?.(this, status, headers, message)
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.handler.onResponseData?.(this, chunk)
  }

  onResponseEnd(_controller: Controller, trailers: ResponseHeaders): void {
    this.handler.onResponseEnd?.(this, trailers)
  }

  // It can follow `onResponseEnd`: a handler that throws there asks for it.
  onResponseError(_controller: Controller, error: Error): void {
    this.fail(error)
  }
}
