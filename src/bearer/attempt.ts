import { AsyncResource } from 'node:async_hooks'
import type { Duplex } from 'node:stream'
import type { AccessToken } from '../token/access-token.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import type { Answer } from './answer.ts'
import type { BearerRequest } from './bearer-request.ts'
import { type Course, type Destination, release, sentElsewhere, type Watched } from './destination.ts'
import type { Callback, Controller, Handler, RawFields, RequestHeaders, ResponseHeaders } from './dispatch.ts'
import { isComplete, lackTheSame, requestAborted } from './handler-check.ts'
import { credentialsOf, present } from './present.ts'
import { hasLeft, noteRedirects } from './redirects.ts'
import { type Wanted, wantedBy } from './refusal.ts'
import { dropRecording } from './request-body.ts'

type Callbacks = Partial<Record<Callback, ((...given: unknown[]) => void) | null>>

/**
 * One attempt to send a request with a token. It passes events on to the caller's handler and is the controller that the handler sees.
 * It can be aborted and paused before undici has a connection. The handler then learns of an abort at once, and gets its error once.
 * It is also the asynchronous context of its dispatch, because undici calls back in the context of the caller that opened the connection,
 * which can be another one. All of this is one class, because each further object in the chain makes a warm dispatch a fifth slower.
 */
export class Attempt extends AsyncResource implements Handler, Controller, Watched {
  protected readonly handler: Handler
  /** Controls the request on the wire. It is null while there is none. */
  protected live: Controller | null = null
  course: Course = 'unknown'
  readonly #request: BearerRequest
  #sent: AccessToken | undefined
  #paused = false
  #reason: Error | null = null
  #failure: Error | undefined

  constructor(request: BearerRequest, handler: Handler) {
    super('SERVICE_TOKEN_REQUEST')
    this.#request = request
    this.handler = handler
    if (!isComplete(handler, request.options.upgrade)) lackTheSame(this, handler)
  }

  protected get request(): BearerRequest {
    return this.#request
  }

  protected get sent(): AccessToken | undefined {
    return this.#sent
  }

  protected get failed(): boolean {
    return this.#failure !== undefined
  }

  /** Where the request goes, and whose answer refuses its token. */
  get origin(): string {
    return this.#request.route.origin
  }

  get destination(): Destination | undefined {
    return this.#request.composition.destination
  }

  get options(): BearerRequest['options'] {
    return this.#request.options
  }

  get hasStarted(): boolean {
    return this.live !== null
  }

  get shown(): string {
    return this.#sent === undefined ? '' : credentialsOf(this.#sent, this.#request.route)
  }

  /** Writes the headers that carry the token. Returns a promise if the proof is signed outside this process. */
  protected ready(token: AccessToken, patience: BegunPatience): AccessToken | Promise<AccessToken> {
    const { options, fields } = this.#request
    const shown = present(token, this.#request, patience, fields)
    if (token.type === 'DPoP') options.maxRedirections = 0 // each request has a proof of its own, and below nobody makes one
    if (!(shown instanceof Promise)) {
      options.headers = shown as RequestHeaders
      return token
    }
    return shown.then((headers) => {
      options.headers = headers as RequestHeaders
      return token
    })
  }

  /** Sends in the same tick if the token is ready. Returns what undici returns: whether to continue. */
  protected send(token: AccessToken): boolean {
    this.#sent = token
    const { composition, options } = this.#request
    const { dispatch, destination } = composition
    if (destination === undefined || destination.isSilent) return dispatch(options, this)
    const goOn = destination.watch(this, dispatch)
    this.#endIfAstray()
    return goOn
  }

  /** Sends after the tick of the caller, so nobody else catches what a dispatcher throws. */
  sendLate(token: AccessToken): void {
    if (this.failed) return
    try {
      this.send(token)
    } catch (error) {
      this.fail(error as Error) // a dispatcher may throw what it has against a request
    }
  }

  #endIfAstray(): void {
    if (this.course === 'astray') this.fail(sentElsewhere(this.origin))
  }

  /** What the answer asks for. An answer from another place says nothing about the token, which was not sent there. */
  #wantedBy(answer: Answer): Wanted {
    if (hasLeft(this, this.origin)) return undefined
    return wantedBy(this.#request.composition, this.#request, this.#sent as AccessToken, answer, this)
  }

  /** Whether the same request could be sent once more. */
  canBeRepeated(): boolean {
    return false
  }

  // --- what the handler is told ---

  /** The handler gets one error, and nothing after it. */
  protected fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    release(this)
    this.#tell('onResponseError', this, error)
  }

  /** The handler gets this as the beginning of its answer. */
  protected answer(status: number, headers: ResponseHeaders, message: string | undefined): void {
    this.#tell('onResponseStart', this, status, headers, message)
  }

  /** Whether a refused answer is hidden from the caller, because another answer will follow. */
  protected replace(_wanted: Wanted, ..._answer: Parameters<Attempt['onResponseStart']>): boolean {
    return false
  }

  #tell(name: Callback, ...given: unknown[]): void {
    const callback = (this.handler as Callbacks)[name]
    if (callback !== undefined && callback !== null) this.runInAsyncScope(callback, this.handler, ...given)
  }

  // --- the controller ---

  get aborted(): boolean {
    return this.#reason !== null || (this.live?.aborted ?? false)
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

  abort(reason?: Error): void {
    if (this.#reason !== null) return
    this.#reason = reason ?? requestAborted()
    if (this.live !== null) this.live.abort(reason as Error)
    else this.fail(this.#reason)
  }

  // --- the handler ---

  onRequestStart(controller: Controller, context: unknown): void {
    this.#endIfAstray()
    if (this.#failure !== undefined) {
      controller.abort(this.#failure)
      return
    }
    this.course = 'unknown' // an interceptor below may repeat it
    noteRedirects(this, context)
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
    release(this)
    this.#tell('onRequestUpgrade', this, status, headers, socket)
  }

  onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    if (status >= 200) release(this)
    const wanted = this.#wantedBy({ status, headers })
    if (wanted !== undefined && this.replace(wanted, controller, status, headers, message)) return
    if (status >= 200) dropRecording(this.#request.options.body)
    this.answer(status, headers, message)
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#tell('onResponseData', this, chunk)
  }

  onResponseEnd(_controller: Controller, trailers: ResponseHeaders): void {
    this.#tell('onResponseEnd', this, trailers)
  }

  // This can come after `onResponseEnd`, if the handler throws there.
  onResponseError(_controller: Controller, error: Error): void {
    this.fail(error)
  }
}
