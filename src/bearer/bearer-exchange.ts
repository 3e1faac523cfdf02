import { setImmediate } from '../platform-timers.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Asking } from '../token/token-source.ts'
import { Attempt } from './attempt.ts'
import { betterToken } from './better-token.ts'
import type { Controller, ResponseHeaders } from './dispatch.ts'
import { HeldAnswer } from './held-answer.ts'
import { wasRedirected } from './redirects.ts'
import type { Wanted } from './refusal.ts'
import { canBeSentAgain, destroyBody, dropRecording, watchBody } from './request-body.ts'

/** Methods that ask for nothing to be done (RFC 9110 §9.2.1, and QUERY). */
const safeMethods: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/**
 * One request that carries a token. After a 401 it is sent once more with another token, and where the server wants a nonce in the
 * proof, with the same token and another proof. Each of these attempts is an exchange of its own, the caller's handler hears of one answer.
 * It is the handler of its attempt, the controller that the caller sees, and what the caller brings to the token source.
 */
export class BearerExchange extends Attempt implements Asking {
  #refused: HeldAnswer | undefined
  #leaving: AbortController | undefined
  rejected: AccessToken | undefined

  get maxWait(): number | undefined {
    return this.request.route.maxWait
  }

  /** Made when a token source wants to listen, which it does only when it has no token at hand. */
  get signal(): AbortSignal {
    this.#leaving ??= new AbortController()
    return this.#leaving.signal
  }

  /** Sends in the same tick with a token at hand, else when there is one. The answer is undici's: whether to go on. */
  start(): boolean {
    const token = this.request.composition.source.token(this.request.route.request, this)
    const ready = token instanceof Promise ? token.then((late) => this.ready(late)) : this.ready(token)
    if (!(ready instanceof Promise)) return this.send(ready)

    const stopWatching = watchBody(this.request.options.body, (error) => this.abort(error))
    ready
      .then(
        (late) => this.sendLate(late),
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

  /** undici calls back in anybody's context: another token is asked for, and the request sent again, in the caller's own. */
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

  /** Whether the refused answer is put aside, because there is another token or may soon be. */
  #replace(refused: HeldAnswer): boolean {
    if (this.request.hasNewToken) return false
    const rejected = this.sent as AccessToken
    this.rejected = rejected
    const next = this.request.composition.source.token(this.request.route.request, this)
    if (!this.canBeRepeated()) {
      if (next instanceof Promise) next.catch(() => {}) // for the next call; its failure is the source's to tell
      return false
    }
    if (!(next instanceof Promise)) {
      const better = betterToken(next, rejected)
      if (better === undefined) return false
      this.#putAside(refused)
      this.#repeatWith(better, refused)
      return true
    }
    this.#putAside(refused)
    next.then(
      (token) => {
        const better = betterToken(token, rejected)
        if (better === undefined) this.#giveBack(refused)
        else this.#repeatWith(better, refused)
      },
      () => this.#giveBack(refused)
    )
    return true
  }

  /** What a redirect came from was done: only what does nothing is asked for once more from the beginning. */
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

  #repeatWith(token: AccessToken, refused: HeldAnswer): void {
    this.request.hasNewToken = true
    this.#repeat(token, refused)
  }

  /** Once the refused answer is over, if that is soon: then its connection takes the next attempt. */
  #repeat(token: AccessToken, refused: HeldAnswer): void {
    const sendAgain = () => this.runInAsyncScope(() => this.#sendAgain(token, refused))
    // undici frees the socket in a setImmediate of its own, after the last byte: one turn later it is taken again.
    refused.whenOver(() => setImmediate(() => setImmediate(sendAgain)))
  }

  #sendAgain(token: AccessToken, refused: HeldAnswer): void {
    if (this.failed) return
    refused.discard()
    const next = new BearerExchange(this.request, this.handler)
    this.live = next
    if (this.paused) next.pause()
    next.#sendReady(token)
  }

  #sendReady(token: AccessToken): void {
    const ready = this.ready(token)
    if (!(ready instanceof Promise)) this.sendLate(ready)
    else
      ready.then(
        () => this.sendLate(token),
        (error) => this.fail(error)
      )
  }
}
