import type { Clock } from '../clock.ts'
import { type ErrorCode, TokenClientError } from '../errors.ts'
import type { Sender } from '../http/send.ts'
import { limits } from '../limits.ts'
import { serverIn } from './metadata-answer.ts'
import { type Describe, MetadataFault } from './metadata-document.ts'
import { search } from './search.ts'
import type { Issuer } from './server-source.ts'

export interface MetadataOptions<Server extends Issuer> {
  readonly issuer: string
  /** In the order to ask. */
  readonly places: readonly string[]
  readonly sender: Sender
  readonly clock: Clock
  /** Milliseconds for all places together. */
  readonly timeout: number
  readonly insecureHttpAllowed: boolean
  readonly describe: Describe<Server>
  /** What to do when there are none, as a sentence. */
  readonly remedy: string
}

type Fault = MetadataFault | TokenClientError

/** Why one place is of no use. */
interface Failure {
  readonly url: string
  readonly fault: Fault
}

/**
 * The first usable metadata of the places. Rejects with the code that all places failed with, with `ERR_RATE_LIMITED`, or with
 * `ERR_DISCOVERY_FAILED`.
 */
export async function fetchMetadata<Server extends Issuer>(options: MetadataOptions<Server>): Promise<Server> {
  const { sender, clock, describe, remedy } = options
  const failures: Failure[] = []

  async function ask(url: string, limit: { readonly timeout: number; readonly signal: AbortSignal }) {
    try {
      const answer = await sender.send({
        method: 'GET',
        url,
        certificate: undefined,
        mostBytes: limits.documentBytes,
        ...limit
      })
      return serverIn(answer, { ...options, wallTime: clock.wallTime() }, describe)
    } catch (fault) {
      if (isFault(fault) && !limit.signal.aborted) failures.push({ url, fault })
      throw fault
    }
  }

  try {
    return await search({ ...options, ask, isFinal })
  } catch (last) {
    throw isFault(last) ? unusable(failures, remedy) : last
  }
}

/** Another issuer's document must not send the search on, and 429 is said for the whole host, on which all places are. */
function isFinal(failure: unknown): boolean {
  return isRateLimit(failure) || (failure instanceof MetadataFault && failure.details.foreign === true)
}

function isFault(fault: unknown): fault is Fault {
  return fault instanceof MetadataFault || fault instanceof TokenClientError
}

function unusable(failures: readonly Failure[], remedy: string): TokenClientError {
  const faults = failures.map(({ fault }) => fault)
  const status = faults.some(isRateLimit) ? 429 : undefined
  const codes = new Set(faults.map(codeOf))
  const [code = 'ERR_DISCOVERY_FAILED'] = codes.size === 1 ? codes : []
  const told = failures.map(({ url, fault }) => `${withoutQuery(url)} ${sentenceOf(fault)}`).join('; ')
  return new TokenClientError(
    status === undefined ? code : 'ERR_RATE_LIMITED',
    `No usable metadata: ${told}. ${remedy}`,
    {
      transient: faults.every(isTransient),
      status,
      retryAfter: longestWait(faults),
      cause: faults.find((fault) => fault instanceof TokenClientError)
    }
  )
}

function isRateLimit(fault: unknown): boolean {
  return fault instanceof MetadataFault && fault.details.status === 429
}

function codeOf(fault: Fault): ErrorCode {
  return fault instanceof MetadataFault ? 'ERR_DISCOVERY_FAILED' : fault.code
}

function isTransient(fault: Fault): boolean {
  return fault instanceof MetadataFault ? fault.details.wrong !== true : fault.transient
}

function sentenceOf(fault: Fault): string {
  return fault instanceof MetadataFault ? fault.message : `could not be fetched: ${fault.message.replace(/\.$/, '')}`
}

function longestWait(faults: readonly Fault[]): number | undefined {
  const waits = faults.flatMap((fault) => (fault instanceof MetadataFault ? fault.details : fault).retryAfter ?? [])
  return waits.length === 0 ? undefined : Math.max(...waits)
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
