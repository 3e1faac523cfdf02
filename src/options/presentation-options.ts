import type { RejectedWhen } from '../bearer/answer.ts'
import { httpToken } from '../http/http-token.ts'
import { functionOption, kindOf, nonEmptyString, wrong } from '../wrong-option.ts'

/** How a service expects the token and how it refuses one, if it differs from RFC 6750. */
export interface PresentationOptions {
  /** The name of a header to use instead of `Authorization`, for example `x-forwarded-access-token`. */
  readonly header?: string
  /** The word before the token, instead of `Bearer`. With an empty string the token is sent alone. */
  readonly scheme?: string
  /**
   * Says which other answers than a 401 and `invalid_token` refuse the token. It is called with the status and the headers (names in lower
   * case) of each final answer. If it returns `true`, the token is replaced and the request is sent once more.
   */
  readonly rejectedWhen?: RejectedWhen
}

export const presentationNames = ['header', 'scheme', 'rejectedWhen'] as const

/** Headers that HTTP itself or the HTTP client reads. `dpop` is for proofs (RFC 9449 §4.1). */
const occupied = [
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'content-length',
  'content-type',
  'content-encoding',
  'dpop'
]

export function checkedPresentation(option: string, { header, scheme, rejectedWhen }: PresentationOptions) {
  return {
    header: header === undefined ? undefined : headerOption(`${option}.header`, header),
    scheme: scheme === undefined ? undefined : schemeOption(`${option}.scheme`, scheme),
    rejectedWhen: rejectedWhen === undefined ? undefined : ruleOption(`${option}.rejectedWhen`, rejectedWhen)
  }
}

/** In lower case. Undefined means `authorization`. */
function headerOption(option: string, value: unknown): string | undefined {
  const remedy = "Give the name of a header field, like 'x-forwarded-access-token'."
  const name = nonEmptyString(option, value, remedy).toLowerCase()
  if (!httpToken.test(name)) wrong(option, 'has a character that is not allowed in the name of a header', remedy)
  if (occupied.includes(name)) wrong(option, 'names a field that has another meaning', remedy)
  return name === 'authorization' ? undefined : name
}

/** Undefined for the usual one. */
function schemeOption(option: string, value: unknown): string | undefined {
  const remedy = "Give one word, like 'Token', or '' for none."
  if (typeof value !== 'string') wrong(option, `must be a string, but is ${kindOf(value)}`, remedy)
  if (value !== '' && !httpToken.test(value)) wrong(option, 'has a character that no scheme can have', remedy)
  return value === 'Bearer' ? undefined : value
}

function ruleOption(option: string, value: unknown): RejectedWhen {
  return functionOption(option, value as RejectedWhen, 'Give (status, headers) => boolean.')
}
