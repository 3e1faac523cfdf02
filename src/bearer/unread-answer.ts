import { discardBody } from '../http/discard-body.ts'
import { clearTimeout, setImmediate, setTimeout } from '../platform-timers.ts'
import { drainLimit, grace } from './held-answer.ts'

/** A body that is read one chunk after the other. */
interface Source {
  next(): Promise<{ readonly done?: boolean; readonly value?: unknown }>
  stop(): void
}

/**
 * Reads an answer that nobody needs to its end, so that its connection can serve again, and resolves when it can. A long or slow answer
 * is broken off.
 */
export async function finishUnread(answer: { readonly body?: unknown }): Promise<void> {
  const source = sourceOf(answer.body)
  if (source === undefined) return discardBody(answer)
  const timer = setTimeout(() => source.stop(), grace)
  try {
    let size = 0
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      size += (next.value as Partial<Uint8Array> | undefined)?.byteLength ?? drainLimit
      if (size > drainLimit) source.stop()
    }
  } catch {
    // it was broken off
  } finally {
    clearTimeout(timer)
  }
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve))) // an agent frees the socket a turn later
}

/** Streams of the web and of Node. Undefined for what is read already, or can be anything. */
function sourceOf(body: unknown): Source | undefined {
  if (body instanceof ReadableStream) {
    if (body.locked) return undefined
    const reader = body.getReader()
    return { next: () => reader.read(), stop: () => void reader.cancel().catch(() => {}) }
  }
  const { destroy, [Symbol.asyncIterator]: iterate } = (body ?? {}) as Partial<
    AsyncIterable<unknown> & { destroy(): void }
  >
  if (destroy === undefined || iterate === undefined) return undefined
  const iterator = iterate.call(body as AsyncIterable<unknown>)
  return { next: () => iterator.next(), stop: () => destroy.call(body) }
}
