import { TokenClientError } from '../errors.ts'
import type { Answer } from '../http/exchange.ts'
import { isRecord } from '../record.ts'

/** JSON, or what servers say when they forget to say so. HTML from a proxy or a login page is neither. */
const jsonType = /^(?:application\/json|[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.-]+\+json|text\/plain)?$/

/**
 * The members of the JSON object of an answer. If a name is repeated, the last member is used. It is a map, so a member cannot be confused with an inherited one.
 * Throws `ERR_UNEXPECTED_CONTENT_TYPE` or `ERR_MALFORMED_BODY`, both transient.
 */
export function jsonMembers({ status, headers, body }: Answer, host: string): ReadonlyMap<string, unknown> {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  if (!jsonType.test(type.trim()))
    throw new TokenClientError(
      'ERR_UNEXPECTED_CONTENT_TYPE',
      `${host} answered with something other than JSON. Check the URL, and whether a proxy or a login page answers instead.`,
      { transient: true, status }
    )

  const value = hasOtherCharset(parameters) ? undefined : parse(body)
  if (!isRecord(value))
    throw new TokenClientError(
      'ERR_MALFORMED_BODY',
      `${host} answered with a body that is not a JSON object in UTF-8.`,
      {
        transient: true,
        status
      }
    )
  return new Map(Object.entries(value))
}

function hasOtherCharset(parameters: readonly string[]): boolean {
  return parameters.some((parameter) => {
    const charset = /^\s*charset\s*=\s*"?([^"\s]*)/.exec(parameter)?.[1]
    return charset !== undefined && charset !== 'utf-8' && charset !== 'utf8'
  })
}

/** The error of `JSON.parse` contains the text, which can include a token, so it is not passed on. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}
