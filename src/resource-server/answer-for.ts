import { TokenClientError } from '../errors.ts'
import { TokenRefusedError } from './token-refused-error.ts'

/** The whole answer to a request that is not served. It tells the caller no more than RFC 6750 §3 allows. */
export interface RefusalAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What an answer says beside its status and its challenge. */
export interface RefusalBody {
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** RFC 9110 §15; edge runtimes have no list of them. */
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  500: 'Internal Server Error',
  503: 'Service Unavailable'
}
const noStore = { 'cache-control': 'no-store' }
const secondsUnlessTold = 5

/**
 * What to answer when `verify`, `demand` or `authorize` has failed: 400, 401 or 403 with the challenge for a refusal, 503 with `Retry-After` when
 * the issuer could not be asked, and 500 for anything else, which is a mistake of the service.
 */
export function answerFor(error: unknown): RefusalAnswer {
  if (error instanceof TokenRefusedError)
    return { status: error.status, headers: { ...noStore, ...challengeFields(error) }, body: '' }
  if (!(error instanceof TokenClientError && error.transient)) return { status: 500, headers: noStore, body: '' }
  const seconds = error.retryAfter === undefined ? secondsUnlessTold : Math.ceil(error.retryAfter / 1000)
  return { status: 503, headers: { ...noStore, 'retry-after': String(seconds) }, body: '' }
}

function challengeFields({ challenge, dpopNonce }: TokenRefusedError): Record<string, string> {
  const field = { 'www-authenticate': challenge }
  return dpopNonce === undefined ? field : { ...field, 'dpop-nonce': dpopNonce }
}

/** A body of problem details (RFC 9457) for the option `refusal`: the status and its name, and nothing about the token. */
export function problemJson(error: unknown): RefusalBody {
  const { status } = answerFor(error)
  return {
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: titles[status], status })
  }
}

/** An error for the error handling of a framework: it reads `status` or `statusCode`, `headers`, and by `expose` that the caller may see the message. */
export function httpErrorFor(error: unknown): Error {
  const { status, headers } = answerFor(error)
  return Object.assign(new Error(titles[status], { cause: error }), {
    status,
    statusCode: status,
    headers,
    expose: true
  })
}
