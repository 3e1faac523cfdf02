import { setImmediate } from '../platform-timers.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Asking } from '../token/token-source.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import { Attempt } from './attempt.ts'
import { betterToken } from './better-token.ts'
import type { Controller, ResponseHeaders } from './dispatch.ts'
import { withoutErrorCallback } from './handler-check.ts'
import { HeldAnswer } from './held-answer.ts'
import { wasRedirected } from './redirects.ts'
import type { Wanted } from './refusal.ts'
import { canBeSentAgain, destroyBody, dropRecording, watchBody } from './request-body.ts'

/** Safe methods, which change nothing (RFC 9110 §9.2.1, and QUERY). */
const safeMethods: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/**
 * One request that carries a token. After a 401 it is sent once more with another token. If the server demands a nonce in the
 * proof, it is sent again with the same token and another proof. Each attempt is an exchange of its own, but the caller's handler gets only one answer.
 * This object is the handler of its attempt, the controller that the caller sees, the `Asking` for the token source, and the caller's patience.
 */
export class BearerExchange extends Attempt implements Asking, BegunPatience {
  #refused: HeldAnswer | undefined
  #leaving: AbortController | undefined
  rejected: AccessToken | undefined
  /** Only declared: a warm call needs no memory for it. */
  declare waitsSince?: number

  get maxWait(): number | undefined {
    return this.request.route.maxWait
  }

  /** Created when a token source wants to listen, which it does only if it has no token available. */
  get signal(): AbortSignal {
    this.#leaving ??= new AbortController()
    return this.#leaving.signal
  }

  /** Sends in the same tick if a token is available, and otherwise when one arrives. Returns what undici returns: whether to continue. */
  start(): boolean {
    const { source, clock } = this.request.composition
    const token = source.token(this.request.route.request, this)
    if (token instanceof Promise) this.waitsSince = clock.monotonicTime()
    const ready = token instanceof Promise ? token.then((late) => this.ready(late, this)) : this.ready(token, this)
    if (!(ready instanceof Promise)) return this.send(ready)
    this.#mustHearErrors(ready)

    const stopWatching = watchBody(this.request.options.body, (error) => this.#leave(error))
    ready
      .then(
        (late) => this.sendLate(late),
        (error) => this.fail(error)
      )
      .finally(stopWatching) // from here on undici listens
    this.#letAbort()
    return true
  }

  /** Nobody would hear of undici's refusal later. */
  #mustHearErrors(ready: Promise<unknown>): void {
    if (!this.request.composition.checksHandlers || typeof this.handler.onResponseError === 'function') return
    ready.catch(() => {})
    throw withoutErrorCallback(this.handler)
  }

  /** Called early, so that the caller can abort while the request waits for a token. */
  #letAbort(): void {
    if (typeof this.handler.onRequestStart !== 'function') return // undici refuses it
    try {
      this.handler.onRequestStart(this, null)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  override abort(reason?: Error): void {
    this.#leave(reason)
  }

  /** The handlers of some interceptors put a function of theirs in the place of `abort`. */
  #leave(reason?: Error): void {
    super.abort(reason)
    this.#leaving?.abort(reason)
    if (this.failed) this.#refused?.discard()
  }

  protected override fail(error: Error): void {
    if (this.sent === undefined) destroyBody(this.request.options.body, error) // undici never saw it
    super.fail(error)
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

  /** undici calls back in the context of any caller. We ask for another token and send the request again in the context of this caller. */
  protected override replace(wanted: Wanted, ...answer: ConstructorParameters<typeof HeldAnswer>): boolean {
    return this.runInAsyncScope(() => {
      const refused = new HeldAnswer(...answer)
      return wanted === 'proof' ? this.#proveAgain(refused) : this.#replace(refused)
    })
  }

  #proveAgain(refused: HeldAnswer): true {
    this.#putAside(refused)
    this.#repeat(this.sent as AccessToken, refused)
    return true
  }

  /** Whether the refused answer is held back, because there is another token or may soon be one. */
  #replace(refused: HeldAnswer): boolean {
    const rejected = this.sent as AccessToken
    this.rejected = rejected
    const { source, clock } = this.request.composition
    const next = source.token(this.request.route.request, this)
    const since = clock.monotonicTime()
    if (!this.canBeRepeated()) {
      if (next instanceof Promise) next.catch(() => {}) // for the next call; its failure is the source's to tell
      return false
    }
    if (!(next instanceof Promise)) {
      const better = betterToken(next, rejected)
      if (better === undefined) return false
      this.#putAside(refused)
      this.#repeatWith(better, refused, since)
      return true
    }
    this.#putAside(refused)
    next.then(
      (token) => {
        const better = betterToken(token, rejected)
        if (better === undefined) this.#giveBack(refused)
        else this.#repeatWith(better, refused, since)
      },
      () => this.#giveBack(refused)
    )
    return true
  }

  /** The request that was redirected has already been carried out, so only a safe method is repeated from the beginning. */
  override canBeRepeated(): boolean {
    const { body, method } = this.request.options
    return canBeSentAgain(body) && (!wasRedirected(this) || safeMethods.has(method))
  }

  #putAside(refused: HeldAnswer): void {
    this.#refused = refused
    this.live = null // while nothing is on the wire for the caller, an abort ends the request at once
  }

  #giveBack(refused: HeldAnswer): void {
    if (this.failed) return
    this.live = refused
    if (this.paused) refused.pause()
    dropRecording(this.request.options.body)
    refused.deliver({
      start: (status, headers, message) => this.answer(status, headers, message),
      data: (chunk) => super.onResponseData(refused, chunk),
      end: (trailers) => super.onResponseEnd(refused, trailers),
      error: (error) => super.onResponseError(refused, error)
    })
  }

  #repeatWith(token: AccessToken, refused: HeldAnswer, since: number): void {
    this.request.hasNewToken = true
    this.#repeat(token, refused, since)
  }

  /** Waits for the end of the refused answer if that comes soon, so that its connection can serve the next attempt. */
  #repeat(token: AccessToken, refused: HeldAnswer, since?: number): void {
    const sendAgain = () => this.runInAsyncScope(() => this.#sendAgain(token, refused, since))
    // undici frees the socket in its own setImmediate after the last byte. One turn later it can be used again.
    refused.whenOver(() => setImmediate(() => setImmediate(sendAgain)))
  }

  #sendAgain(token: AccessToken, refused: HeldAnswer, since: number | undefined): void {
    if (this.failed) return
    refused.discard()
    const next = new BearerExchange(this.request, this.handler)
    this.live = next
    if (this.paused) next.pause()
    if (since !== undefined) next.waitsSince = since
    next.#sendReady(token)
  }

  #sendReady(token: AccessToken): void {
    const ready = this.ready(token, this)
    if (!(ready instanceof Promise)) this.sendLate(ready)
    else
      ready.then(
        () => this.sendLate(token),
        (error) => this.fail(error)
      )
  }
}
