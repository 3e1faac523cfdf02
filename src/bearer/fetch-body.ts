import { destroyBody, recordingLimit, watchBody } from './request-body.ts'
import type { TokenOptions, tokenOptions } from './token-options.ts'

export type Fetch = typeof globalThis.fetch
export type FetchInput = Parameters<Fetch>[0]
/** The types of Node 20 do not know every member. */
export type FetchInit = NonNullable<Parameters<Fetch>[1]> & {
  readonly cache?: string
  readonly [tokenOptions]?: TokenOptions | undefined
}
export type RedirectMode = NonNullable<FetchInit['redirect']>

/** The body of a request that may be sent more than once: after a 401, and after a redirect. */
export interface FetchBody {
  /** Whether it is a stream, which `fetch` does not send again after a redirect. */
  readonly isStream: boolean
  /** The members of the init for the first attempt. */
  readonly first: Partial<FetchInit>
  /** The members for another attempt, or undefined if the body cannot be sent again. */
  again(): Promise<Partial<FetchInit> | undefined>
  /** Calls back if the body fails before it is sent. Returns a function that ends this. */
  watch(failed: (error: Error) => void): () => void
  /** It will not be sent again. */
  drop(): void
  /** It will not be sent at all, so its source can stop. */
  abandon(reason: unknown): void
}

type GivenBody = NonNullable<FetchInit['body']>

/** How many bytes are kept of a body that is not a stream. Such a body is in memory already, or it is a file that should not be. */
const keptAtMost = 16 * 1024 * 1024

export const noBody: FetchBody = lasting({})

/** The body of an init, copied where its owner could change it before it is sent. */
export function bodyOf({ body, duplex }: FetchInit & { readonly duplex?: unknown }): FetchBody {
  if (body === undefined || body === null) return noBody
  return isStream(body) ? once({ body, ...(duplex !== undefined && { duplex }) }) : lasting({ body: copied(body) })
}

/** The body of a `Request`, which is sent with it the first time. */
export function bodyOfRequest(request: Request): FetchBody {
  if (request.body === null) return noBody
  if (!(request.body instanceof ReadableStream)) return once({})
  const copy = request.clone()
  const whole = withoutStream(copy)
  const isStream = whole === undefined
  const { read, chunks, drop } = record(whole ?? copy, isStream ? recordingLimit : keptAtMost)
  let ended = false
  const reading = read().then(
    (complete) => {
      ended = complete
    },
    () => {} // the upload fails of the same cause, and tells it
  )
  return {
    isStream,
    first: {},
    async again() {
      if (!isStream) await reading // it comes from memory or from a file, and nobody has to be waited for
      return ended ? { body: new Blob(chunks) } : undefined
    },
    watch: () => () => {},
    drop,
    abandon: (reason) => destroyBody(request.body, reason)
  }
}

export function lasting(init: Partial<FetchInit>): FetchBody {
  return { isStream: false, first: init, again: async () => init, watch: () => () => {}, drop() {}, abandon() {} }
}

function once(init: Partial<FetchInit>): FetchBody {
  const { body } = init
  watchBody(body, () => {}) // for the whole call: an error that nobody listens to ends the process
  return {
    isStream: true,
    first: init,
    again: async () => undefined,
    watch: (failed) => watchBody(body, failed),
    drop() {},
    abandon: (reason) => destroyBody(body, reason)
  }
}

/** Streams of the web and of Node, and everything else that yields its bytes only once. */
function isStream(body: GivenBody): boolean {
  if (typeof body !== 'object' || body instanceof Blob) return false
  return 'getReader' in body || 'pipe' in body || Symbol.asyncIterator in body
}

/** `fetch` reads the bytes when it is called. Waiting for a token must not change that. */
function copied(body: GivenBody): GivenBody {
  if (typeof body !== 'object') return `${body}`
  if (body instanceof Blob) return body
  if (body instanceof ArrayBuffer) return body.slice(0)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
  if (body instanceof URLSearchParams) return new URLSearchParams(body)
  return body instanceof FormData ? copiedForm(body) : body
}

function copiedForm(form: FormData): FormData {
  const copy = new FormData()
  for (const [name, value] of form) copy.append(name, value)
  return copy
}

/** The same body if it is not a stream. In this mode the standard refuses to make a `Request` with a stream. */
function withoutStream(request: Request): Request | undefined {
  try {
    return new (request.constructor as typeof Request)(request, { mode: 'no-cors', method: 'POST', headers: {} })
  } catch {
    return undefined
  }
}

/** Reads a clone during the upload, up to the limit. A branch that nobody reads would keep everything in memory. */
function record({ body }: Request, limit: number) {
  const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []

  function drop(): void {
    chunks.length = 0
    reader.cancel().catch(() => {}) // settles when the upload ends, which nobody waits for here
  }

  /** Whether all of it was read. */
  async function read(): Promise<boolean> {
    let size = 0
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.byteLength
      if (size > limit) {
        drop()
        return false
      }
      chunks.push(next.value)
    }
    return true
  }

  return { read, chunks, drop }
}
