import { TokenClientError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Answer } from './exchange.ts'

/** An answer while it comes in. */
export interface IncomingAnswer {
  /** Throws `ERR_BODY_TOO_LARGE` at the limit. */
  add(chunk: Uint8Array): void
  end(): Answer
}

/** Called when status and fields of an answer have come. Throws when its body cannot be read. */
export type StartAnswer = (status: number, headers: Answer['headers']) => IncomingAnswer

/**
 * Puts an answer together. Throws `ERR_UNEXPECTED_CONTENT_ENCODING` for an encoded one: `identity` was asked for, and a few bytes
 * of gzip can unfold into gigabytes.
 */
export function incomingAnswer(
  status: number,
  headers: Answer['headers'],
  host: string,
  mostBytes: number = limits.answerBytes
): IncomingAnswer {
  if (!isPlain(headers['content-encoding'] ?? ''))
    throw new TokenClientError(
      'ERR_UNEXPECTED_CONTENT_ENCODING',
      `${host} answered with an encoded body although identity was asked for. Turn compression off there.`,
      { transient: true, status }
    )

  const chunks: Uint8Array[] = []
  let size = 0
  return {
    add(chunk) {
      // A user's fetch can return anything, and the error of Node would contain the text, which can be a token.
      if (!ArrayBuffer.isView(chunk)) throw new TypeError('The body of the answer is not of bytes.')
      size += chunk.byteLength
      if (size > mostBytes)
        throw new TokenClientError(
          'ERR_BODY_TOO_LARGE',
          `${host} answered with more than ${mostBytes} bytes. Check that the URL is the right one.`,
          { transient: true, status }
        )
      chunks.push(chunk)
    },
    end: () => ({ status, headers, body: Buffer.concat(chunks) })
  }
}

/** Servers also write down that there is no encoding, or take it for that of the characters. */
const plain: readonly string[] = ['', 'identity', 'none', 'utf-8', 'utf8']

function isPlain(encodings: string): boolean {
  return encodings.split(',').every((encoding) => plain.includes(encoding.trim().toLowerCase()))
}
