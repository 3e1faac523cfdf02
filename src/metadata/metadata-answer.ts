import { retryAfter } from '../http/retry-after.ts'
import type { Answer } from '../http/send.ts'
import { isRecord } from '../record.ts'
import { type Describe, type ExpectedServer, MetadataFault } from './metadata-document.ts'
import type { Issuer } from './server-source.ts'

interface ExpectedAnswer extends ExpectedServer {
  /** Epoch ms at which the answer came. */
  readonly wallTime: number
}

/** Reads and checks an answer from a metadata URL (RFC 8414 §3.2, §3.3). Throws a `MetadataFault`. */
export function serverIn<Server extends Issuer>(
  answer: Answer,
  expected: ExpectedAnswer,
  describe: Describe<Server>
): Server {
  if (answer.status !== 200) throw statusFault(answer, expected.wallTime)
  return describe(jsonObject(answer), expected)
}

function statusFault(answer: Answer, wallTime: number): MetadataFault {
  const { status } = answer
  const explained = status >= 300 && status < 400 ? `${status}: redirects are not followed` : `${status}`
  return new MetadataFault(`answered ${explained}`, { status, retryAfter: retryAfter(answer, wallTime) })
}

function jsonObject({ headers, body }: Answer): Record<string, unknown> {
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw new MetadataFault('is not application/json')
  const document = parsed(body)
  if (isRecord(document)) return document
  throw new MetadataFault('is not a JSON object')
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new MetadataFault('is not valid JSON')
  }
}
