import type { AsyncResource } from 'node:async_hooks'
import type { AccessToken } from '../token/access-token.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import type { Controller, Dispatch, DispatchOptions, Handler, ResponseHeaders } from './dispatch.ts'
import { type HeaderFields, withAuthorization } from './header-fields.ts'
import { HeldAnswer } from './held-answer.ts'
import { type EmitRejected, readRejection, reportRejection } from './rejection.ts'
import { Relay } from './relay.ts'
import { canBeSentAgain, destroyBody, dropRecording, watchBody } from './request-body.ts'
import type { Route } from './routes.ts'

export interface Spending {
  readonly source: TokenSource
  readonly emit: EmitRejected
}

export interface Request {
  readonly dispatch: Dispatch
  /** Without headers. */
  readonly options: DispatchOptions
  readonly fields: HeaderFields
  readonly route: Route
}

/**
 * One request that carries a token: at most two attempts, the second after a 401 and with another token.
 * It is the handler of the first attempt, the controller that the caller sees, and what the caller brings to the token source.
 */
export class BearerExchange extends Relay implements Asking {
  readonly #spending: Spending
  readonly #request: Request
  #sent: AccessToken | undefined
  #refused: HeldAnswer | undefined
  #leaving: AbortController | undefined
  rejected: AccessToken | undefined

  constructor(spending: Spending, request: Request, handler: Handler) {
    super(handler)
    this.#spending = spending
    this.#request = request
  }

  get maxWait(): number | undefined {
    return this.#request.route.maxWait
  }

  /** Made when a token source wants to listen, which it does only when it has no token at hand. */
  get signal(): AbortSignal {
    this.#leaving ??= new AbortController()
    return this.#leaving.signal
  }

  /** Sends in the same tick with a token at hand, else when there is one. The answer is undici's: whether to go on. */
  start(): boolean {
    const token = this.#spending.source.token(this.#request.route.request, this)
    if (!(token instanceof Promise)) return this.#send(token, this)

    const stopWatching = watchBody(this.#request.options.body, (error) => this.abort(error))
    token
      .then(
        (late) => this.#sendLate(late, this),
        (error) => this.fail(error)
      )
      .finally(stopWatching) // from here on undici listens
    this.#letAbort()
    return true
  }

  /** Early, so that the caller can leave while the request waits. */
  #letAbort(): void {
    try {
      this.handler.onRequestStart?.(this, null)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  override abort(reason?: Error): void {
    super.abort(reason)
    this.#leaving?.abort(reason)
    if (this.failed) this.#refused?.discard()
  }

  protected override fail(error: Error): void {
    if (this.#sent === undefined) destroyBody(this.#request.options.body, error) // undici never saw it
    super.fail(error)
  }

  override onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    const sent = this.#sent as AccessToken
    const rejection = readRejection(status, headers['www-authenticate'])
    if (rejection !== undefined) reportRejection(this.#spending.emit, this.#request.route, sent, status, rejection)
    if (rejection?.asksForAnotherToken) {
      const refused = new HeldAnswer(controller, status, headers, message)
      if (this.context.runInAsyncScope(() => this.#replace(sent, refused))) return
    }
    if (status >= 200) dropRecording(this.#request.options.body)
    super.onResponseStart(controller, status, headers, message)
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#refused !== undefined) this.#refused.keep(chunk)
    else super.onResponseData(controller, chunk)
  }

  override onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    if (this.#refused !== undefined) this.#refused.end(trailers)
    else super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: Controller, error: Error): void {
    if (this.#refused !== undefined) this.#refused.fail(error)
    else super.onResponseError(controller, error)
  }

  /** Whether the refused answer is put aside, because there is another token or may soon be. */
  #replace(sent: AccessToken, refused: HeldAnswer): boolean {
    this.rejected = sent
    const next = this.#spending.source.token(this.#request.route.request, this)
    if (!canBeSentAgain(this.#request.options.body)) {
      if (next instanceof Promise) next.catch(() => {}) // for the next call; its failure is the source's to tell
      return false
    }
    if (!(next instanceof Promise)) {
      if (next.serial === sent.serial) return false
      this.#putAside(refused)
      this.#sendAgain(next)
      return true
    }
    this.#putAside(refused)
    next.then(
      (token) => (token.serial === sent.serial ? this.#giveBack(refused) : this.#sendAgain(token)),
      () => this.#giveBack(refused)
    )
    return true
  }

  #putAside(refused: HeldAnswer): void {
    this.#refused = refused
    this.live = null // while nothing is on the wire for the caller, an abort ends the request at once
  }

  #giveBack(refused: HeldAnswer): void {
    if (this.failed) return
    this.#refused = undefined
    this.live = refused.controller
    dropRecording(this.#request.options.body)
    try {
      refused.deliver(this.handler, this)
    } catch (error) {
      this.fail(error as Error) // as undici has it: a handler that throws is told its error, and may then try again
      refused.discard()
    }
  }

  #sendAgain(token: AccessToken): void {
    // undici frees the socket in a setImmediate of its own, queued after the last byte: one turn later it is taken again.
    queueMicrotask(() => setImmediate(() => this.#replay(token)))
  }

  #replay(token: AccessToken): void {
    if (this.failed) return
    this.#refused?.discard()
    const second = new SecondAttempt(this.#spending, this.#request.route, token, this.handler, this.context)
    this.live = second
    if (this.paused) second.pause()
    this.#sendLate(token, second)
  }

  #sendLate(token: AccessToken, attempt: Relay): void {
    if (this.failed) return
    try {
      this.#send(token, attempt)
    } catch (error) {
      attempt.onResponseError(attempt, error as Error) // a dispatcher may throw what it has against a request
    }
  }

  #send(token: AccessToken, attempt: Relay): boolean {
    this.#sent = token
    const { dispatch, options, fields } = this.#request
    options.headers = withAuthorization(fields, token.authorization)
    return dispatch(options, attempt)
  }
}

/** The attempt after a 401: whatever it brings is the caller's. */
class SecondAttempt extends Relay {
  readonly #spending: Spending
  readonly #route: Route
  readonly #token: AccessToken

  constructor(spending: Spending, route: Route, token: AccessToken, handler: Handler, context: AsyncResource) {
    super(handler, context)
    this.#spending = spending
    this.#route = route
    this.#token = token
  }

  override onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    const rejection = readRejection(status, headers['www-authenticate'])
    if (rejection !== undefined) reportRejection(this.#spending.emit, this.#route, this.#token, status, rejection)
    super.onResponseStart(controller, status, headers, message)
  }
}
