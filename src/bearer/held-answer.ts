import type { Controller, Handler, ResponseHeaders } from './dispatch.ts'

/** How much of a refused answer is kept, and read so that its connection can serve again. */
export const drainLimit = 64 * 1024

/** A 401 that was put aside until it is known whether another token can be had. */
export class HeldAnswer {
  readonly controller: Controller
  readonly #status: number
  readonly #headers: ResponseHeaders
  readonly #message: string | undefined
  #chunks: Buffer[] = []
  #size = 0
  #trailers: ResponseHeaders | undefined
  #error: Error | undefined

  constructor(controller: Controller, status: number, headers: ResponseHeaders, message: string | undefined) {
    this.controller = controller
    this.#status = status
    this.#headers = headers
    this.#message = message
  }

  keep(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > drainLimit) this.controller.pause()
  }

  end(trailers: ResponseHeaders): void {
    this.#trailers = trailers
  }

  fail(error: Error): void {
    this.#error = error
  }

  /** Nobody wants it. What has not come yet is not waited for: it may never come. */
  discard(): void {
    this.#chunks = []
    if (this.#isOpen()) this.controller.abort(new Error('The refused answer is not read to its end.'))
  }

  /** The caller gets it as it came; what has not come yet follows. */
  deliver(handler: Handler, controller: Controller): void {
    handler.onResponseStart?.(controller, this.#status, this.#headers, this.#message)
    for (const chunk of this.#chunks) handler.onResponseData?.(controller, chunk)
    if (this.#trailers !== undefined) handler.onResponseEnd?.(controller, this.#trailers)
    else if (this.#error !== undefined) handler.onResponseError?.(controller, this.#error)
    else if (!controller.paused) this.controller.resume()
  }

  #isOpen(): boolean {
    return this.#trailers === undefined && this.#error === undefined
  }
}
