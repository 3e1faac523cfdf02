import { clearTimeout, setImmediate, setTimeout } from '../platform-timers.ts'
import type { Controller, RawFields, ResponseHeaders } from './dispatch.ts'
import { requestAborted } from './handler-check.ts'

/** How many bytes of a refused answer are kept, and read so that its connection can be used again. */
export const drainLimit = 64 * 1024

/** For how many milliseconds we wait for the rest of a small refused answer. */
export const grace = 100

/** The reader of an answer that was held back. */
export interface AnswerReader {
  start(status: number, headers: ResponseHeaders, message: string | undefined): void
  data(chunk: Buffer): void
  end(trailers: ResponseHeaders): void
  error(error: Error): void
}

/**
 * A refused answer that is held back until it is known whether another token is available. If it is returned after all, this object is the
 * controller that its reader sees.
 */
export class HeldAnswer implements Controller {
  readonly #wire: Controller
  readonly #status: number
  readonly #headers: ResponseHeaders
  readonly #message: string | undefined
  #chunks: Buffer[] = []
  #size = 0
  /** Tells what stands after the body, once that is known. */
  #last: ((reader: AnswerReader) => void) | undefined
  #whenOver: (() => void) | undefined
  #reader: AnswerReader | undefined
  #isStarted = false
  #isBusy = false
  #isRead = false
  #paused = false
  #reason: Error | null = null

  constructor(wire: Controller, status: number, headers: ResponseHeaders, message?: string) {
    this.#wire = wire
    this.#status = status
    this.#headers = headers
    this.#message = message
  }

  // --- what comes from the wire ---

  keep(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#reader === undefined && this.#size > drainLimit) this.#wire.pause()
    this.#read()
  }

  /** Mocks and interceptors may bring no trailers. */
  end(trailers: ResponseHeaders | undefined = {}): void {
    this.#finish((reader) => reader.end(trailers))
  }

  fail(error: Error): void {
    this.#finish((reader) => reader.error(error))
  }

  #finish(last: (reader: AnswerReader) => void): void {
    this.#last = last
    this.#whenOver?.()
    this.#read()
  }

  // --- what becomes of it ---

  /** Calls back when all of it has come, and soon in any case. */
  whenOver(then: () => void): void {
    if (this.#last !== undefined || this.#size > drainLimit) {
      then()
      return
    }
    const timer = setTimeout(() => setImmediate(() => this.#whenOver?.()), grace) // after what has arrived meanwhile
    this.#whenOver = () => {
      this.#whenOver = undefined
      clearTimeout(timer)
      then()
    }
  }

  /** Nobody needs the answer. We do not wait for the rest, which may never come. */
  discard(reason = new Error('The refused answer is not read to its end.')): void {
    this.#chunks = []
    this.#isRead = true
    if (this.#last === undefined) this.#wire.abort(reason)
  }

  /** The reader gets what has arrived, and the rest follows. */
  deliver(reader: AnswerReader): void {
    this.#reader = reader
    this.#read()
  }

  /** Continues until the reader pauses or aborts, or until nothing more has arrived. */
  #read(): void {
    const reader = this.#reader
    if (reader === undefined || this.#isBusy) return
    this.#isBusy = true
    try {
      if (!this.#isStarted) {
        this.#isStarted = true
        reader.start(this.#status, this.#headers, this.#message)
      }
      while (this.#goesOn && this.#chunks.length > 0) reader.data(this.#chunks.shift() as Buffer)
      if (this.#goesOn && this.#last !== undefined) {
        this.#isRead = true
        this.#last(reader)
      }
    } catch (error) {
      this.discard()
      reader.error(error as Error) // as undici has it: a reader that throws is told its error, and may then try again
    }
    this.#isBusy = false
    if (this.#goesOn) this.#wire.resume()
  }

  get #goesOn(): boolean {
    return !this.#paused && !this.#isRead
  }

  // --- the controller ---

  get aborted(): boolean {
    return this.#reason !== null
  }

  get paused(): boolean {
    return this.#paused
  }

  get reason(): Error | null {
    return this.#reason
  }

  get rawHeaders(): RawFields | null {
    return this.#wire.rawHeaders ?? null
  }

  get rawTrailers(): RawFields | null {
    return this.#wire.rawTrailers ?? null
  }

  pause(): void {
    this.#paused = true
    if (this.#last === undefined) this.#wire.pause()
  }

  resume(): void {
    this.#paused = false
    this.#read()
  }

  abort(reason: Error = requestAborted()): void {
    if (this.#isRead) return
    this.#reason = reason
    this.discard(reason)
    this.#reader?.error(reason)
  }
}
