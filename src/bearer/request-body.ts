import type { EventEmitter } from 'node:events'
import { isAnyObject } from '../any-object.ts'
import { isBytes } from '../realm.ts'

/** Keeps a request body so that it can be sent a second time. */
export const recordingLimit = 64 * 1024

/** The body to dispatch. An iterable that can be read only once is recorded while it is sent; everything else is sent as it is. */
export function sendableBody(body: unknown): unknown {
  return isOneShot(body) ? new RecordedBody(body) : body
}

/** Whether a body that was dispatched can yield the same bytes once more. Streams never can. */
export function canBeSentAgain(body: unknown): boolean {
  return body instanceof RecordedBody ? body.isWhole : isLasting(body)
}

/** There will be no second attempt. */
export function dropRecording(body: unknown): void {
  if (body instanceof RecordedBody) body.drop()
}

/**
 * Listens to a stream of Node that nobody reads yet, because an `error` event without a listener ends the process. An iterable can stand
 * for such a stream, as in `fetch`, and listens to it once somebody reads. Returns the function that stops listening.
 */
export function watchBody(body: unknown, failed: (error: Error) => void): () => void {
  if (body instanceof RecordedBody) body.begin(failed)
  if (!isStream(body)) return () => {}
  body.on('error', failed)
  return () => void body.removeListener?.('error', failed) // undici takes a body that has `pipe` and `on` alone
}

/** Ends a stream that nobody will read any more. */
export function destroyBody(body: unknown, error: unknown): void {
  if (body instanceof RecordedBody) body.abandon()
  else if (isStream(body)) {
    body.on('error', () => {}) // the caller gets it as the request's error
    body.destroy?.(error as Error)
  } else if (body instanceof ReadableStream && !body.locked) {
    body.cancel(error).catch(() => {})
  }
}

class RecordedBody implements AsyncIterable<unknown> {
  #source: Iterable<unknown> | AsyncIterable<unknown>
  #reader: AsyncIterator<unknown> | undefined
  #chunks: (string | Uint8Array)[] | undefined = []
  #size = 0
  #read = false
  #ended = false

  constructor(source: Iterable<unknown> | AsyncIterable<unknown>) {
    this.#source = source
  }

  /** Reads the first chunk early. */
  begin(failed: (error: Error) => void): void {
    if (!(Symbol.asyncIterator in this.#source)) return
    const reader = this.#source[Symbol.asyncIterator]()
    const first = reader.next()
    first.catch(failed)
    this.#reader = reader
    this.#source = goOn(reader, first)
  }

  /** Nobody will read it any more. */
  abandon(): void {
    this.#reader?.return?.().catch(() => {})
  }

  get isWhole(): boolean {
    return this.#ended && this.#chunks !== undefined
  }

  drop(): void {
    this.#chunks = undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, void> {
    if (this.#read) {
      // Half a body that looks like a whole one must never leave.
      if (!this.isWhole) throw new TypeError('The request body was read once and cannot be sent again.')
      yield* this.#chunks ?? []
      return
    }
    this.#read = true
    for await (const chunk of this.#source) {
      this.#record(chunk)
      yield chunk
    }
    this.#ended = true
  }

  #record(chunk: unknown): void {
    if (typeof chunk === 'string') this.#keep(chunk, Buffer.byteLength(chunk))
    else if (isBytes(chunk))
      this.#keep(Uint8Array.from(chunk), chunk.byteLength) // its owner may reuse it
    else this.drop()
  }

  #keep(chunk: string | Uint8Array, size: number): void {
    this.#size += size
    if (this.#size > recordingLimit) this.drop()
    this.#chunks?.push(chunk)
  }
}

async function* goOn(reader: AsyncIterator<unknown>, first: Promise<IteratorResult<unknown>>): AsyncGenerator<unknown> {
  try {
    for (let next = await first; next.done !== true; next = await reader.next()) yield next.value
  } finally {
    await reader.return?.()
  }
}

function isOneShot(body: unknown): body is Iterable<unknown> | AsyncIterable<unknown> {
  if (!isAnyObject(body) || isLasting(body) || 'pipe' in body || 'getReader' in body) return false
  return Symbol.asyncIterator in body || Symbol.iterator in body
}

function isLasting(body: unknown): boolean {
  return (
    body === undefined ||
    body === null ||
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    Array.isArray(body) ||
    isForm(body)
  )
}

/** The form-data package has one of the same name, which is a stream. */
function isForm(body: unknown): boolean {
  return isAnyObject(body) && body[Symbol.toStringTag] === 'FormData' && !('pipe' in body)
}

/** As undici has it. Streams of the oldest kind cannot be destroyed. */
function isStream(body: unknown): body is EventEmitter & { destroy?(error?: Error): unknown } {
  return isAnyObject(body) && typeof body.pipe === 'function' && typeof body.on === 'function'
}
