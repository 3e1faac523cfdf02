import { recordingLimit } from './request-body.ts'

export type Fetch = typeof globalThis.fetch
export type FetchInput = Parameters<Fetch>[0]
export type FetchInit = NonNullable<Parameters<Fetch>[1]>

/** What a second `fetch` of the same request needs for its body. Taken before the first one, which uses the body up. */
export interface BodyCopy {
  /** Fields of the second call's init; undefined when the body cannot be sent again. */
  again(): Pick<FetchInit, 'body'> | undefined
  /** No second call follows. */
  drop(): void
}

const nothingToAdd: BodyCopy = { again: () => ({}), drop() {} }
const cannotRepeat: BodyCopy = { again: () => undefined, drop() {} }

export function copyBody(input: FetchInput, init: FetchInit | undefined): BodyCopy {
  const given = init?.body
  if (given !== undefined && given !== null) return isLasting(given) ? nothingToAdd : cannotRepeat
  if (!isRequest(input) || input.body === null) return nothingToAdd
  return input.bodyUsed || !(input.body instanceof ReadableStream) ? cannotRepeat : record(input.clone())
}

/** Null passes for no init, as it does with the platform's `fetch`. */
export function isRequest(input: FetchInput | FetchInit | null | undefined): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input
}

function isLasting(body: NonNullable<FetchInit['body']>): boolean {
  return (
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof URLSearchParams
  )
}

/** Reads a clone along with the upload, up to the limit: the branch that is not read would keep everything in memory. */
function record({ body }: Request): BodyCopy {
  const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let whole = false

  function drop(): void {
    chunks.length = 0
    reader.cancel().catch(() => {}) // settles when the upload ends, which nobody waits for here
  }

  async function read(): Promise<void> {
    let size = 0
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.byteLength
      if (size > recordingLimit) return drop()
      chunks.push(next.value)
    }
    whole = true
  }

  read().catch(() => {}) // the upload fails of the same cause, and tells it
  return { again: () => (whole ? { body: new Blob(chunks) } : undefined), drop }
}
