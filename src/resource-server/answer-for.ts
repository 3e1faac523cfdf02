import { TokenClientError } from '../errors.ts'
import { TokenRefusedError } from './token-refused-error.ts'

/** The whole answer to a refused request. It tells the caller no more than RFC 6750 §3 allows. */
export interface RefusalAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The body of an answer. */
export interface RefusalBody {
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** The names of the statuses (RFC 9110 §15). Edge runtimes have no list of them. */
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
 * Returns the answer for an error of `verify`, `demand` or `authorize`: 400, 401 or 403 with a challenge for a refusal, 503 with `Retry-After` if
 * the issuer could not be asked, and 500 for any other error, which is a bug in the service.
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

/** A body with problem details (RFC 9457) for the option `refusal`. It contains the status and its name, and nothing about the token. */
export function problemJson(error: unknown): RefusalBody {
  const { status } = answerFor(error)
  return {
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: titles[status], status })
  }
}

/** Makes an error for a framework, which reads `status` or `statusCode`, `headers`, and `expose`: whether the caller may see the message. */
export function httpErrorFor(error: unknown): Error {
  const { status, headers } = answerFor(error)
  return Object.assign(new Error(titles[status], { cause: error }), {
    status,
    statusCode: status,
    headers,
    expose: true
  })
}
