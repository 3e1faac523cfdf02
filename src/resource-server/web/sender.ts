import { TokenClientError } from '../../errors.ts'
import type { Exchange, Sender } from '../../http/send.ts'
import { limits } from '../../limits.ts'

/** Sends requests to the issuer with the platform's fetch. It applies a deadline and a size limit and follows no redirects. */
export function webSender(fetch: typeof globalThis.fetch): Sender {
  const closing = new AbortController()

  async function send({ method, url, headers, timeout, mostBytes = limits.answerBytes }: Exchange) {
    // Node 20 collects a timeout of `AbortSignal.timeout` to which only `AbortSignal.any` refers, and it never fires.
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(timedOut(url, timeout)), timeout)
    const signal = AbortSignal.any([late.signal, closing.signal])
    const accept = { accept: 'application/json', ...headers }
    try {
      const response = await fetch(url, { method, headers: accept, redirect: 'manual', signal })
      const body = await bytesOf(response, mostBytes)
      return { status: response.status, headers: Object.fromEntries(response.headers), body }
    } catch (cause) {
      if (cause instanceof TokenClientError) throw cause
      const message = `${new URL(url).host} did not send a whole answer. See the cause.`
      throw new TokenClientError('ERR_NETWORK', message, { transient: true, cause })
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    send,
    async close() {
      closing.abort()
    }
  }
}

function timedOut(url: string, timeout: number): TokenClientError {
  const message = `No whole answer came from ${new URL(url).host} within ${timeout} ms.`
  return new TokenClientError('ERR_TIMEOUT', message, { transient: true })
}

async function bytesOf({ body }: Response, most: number): Promise<Uint8Array> {
  const chunks: number[][] = []
  let size = 0
  const reader = body?.getReader()
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    size += read.value.length
    if (size > most) {
      await reader?.cancel()
      throw new TokenClientError('ERR_BODY_TOO_LARGE', `The answer is larger than ${most} bytes.`, { transient: true })
    }
    chunks.push([...read.value])
  }
  return Uint8Array.from(chunks.flat())
}
