import type { Readable } from 'node:stream'
import { discardBody } from '../http/discard-body.ts'
import { clearTimeout, setImmediate, setTimeout } from '../platform-timers.ts'
import { drainLimit, grace } from './held-answer.ts'

/** A body that is read one chunk after the other. */
interface Source {
  next(): Promise<{ readonly done?: boolean; readonly value?: unknown }>
  stop(): void
}

/** What a stream of the web and one of Node have. */
type Unread = Readable & { getReader(): ReadableStreamDefaultReader; readonly locked: boolean }

/**
 * Reads an answer that nobody needs to its end, so that its connection can serve again, and resolves when it can. A long or slow answer
 * is broken off.
 */
export async function finishUnread(answer: { readonly body?: unknown }): Promise<void> {
  const source = sourceOf(answer.body)
  if (source === undefined) return discardBody(answer)
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeIsUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, grace)
  })
  await Promise.race([readSmall(source), timeIsUp])
  clearTimeout(timer)
  source.stop() // if it is over, this does nothing
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve))) // an agent frees the socket a turn later
}

async function readSmall(source: Source): Promise<void> {
  try {
    for (let size = 0; size <= drainLimit; ) {
      const { done, value } = await source.next()
      if (done) return
      size += (value as Partial<Uint8Array> | undefined)?.byteLength ?? drainLimit
    }
  } catch {
    // it was broken off
  }
}

/** Streams of the web and of Node, of any realm. Undefined for what is read already, or can be anything. */
function sourceOf(body: unknown): Source | undefined {
  const { getReader, locked, destroy, [Symbol.asyncIterator]: iterate } = (body ?? {}) as Partial<Unread>
  if (getReader !== undefined) {
    if (locked) return undefined
    const reader = getReader.call(body)
    return { next: () => reader.read(), stop: () => void reader.cancel().catch(() => {}) }
  }
  if (destroy === undefined || iterate === undefined) return undefined
  const iterator = iterate.call(body as Readable)
  return { next: () => iterator.next(), stop: () => destroy.call(body) }
}
