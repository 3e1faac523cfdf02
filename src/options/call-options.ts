import type { Call } from '../bearer/call-headers.ts'
import { hasQueryToken, tokenInQuery } from '../bearer/query-token.ts'
import { httpToken } from '../http/http-token.ts'
import { allowInsecureHttp, secureUrl } from '../http/secure-url.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Patience } from '../waiting/patience.ts'
import { checkedFields, nonEmptyString, wrong } from '../wrong-option.ts'
import {
  checkedRequest,
  patienceOf,
  type RequestOptions,
  requestOptionNames,
  type WaitOptions,
  waitOptionNames
} from './request-options.ts'

/** For `headers`: the request that you send yourself, and what its token is asked for. */
export interface HeadersOptions extends RequestOptions, WaitOptions {
  /** As it is sent, for example `GET`. HTTP clients write the standard methods in upper case, so `get` means `GET`. */
  readonly method: string
  /** Where you send it. */
  readonly url: string | URL
  /** The `DPoP-Nonce` of the service's last answer, if it had one: proofs to that origin carry it from then on. */
  readonly nonce?: string
  /** Allows plain HTTP for this request. */
  readonly [allowInsecureHttp]?: boolean
}

const names = ['method', 'url', 'nonce', ...requestOptionNames, ...waitOptionNames]
const standardMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Throws ClientConfigurationError, and `ERR_TOKEN_IN_QUERY` for a URL that has a token already. */
export function checkedCall(options: HeadersOptions, fallback: TokenRequest): [Call, TokenRequest, Patience] {
  const given = checkedFields('headers', options, names)
  const { method, url, nonce } = given
  const known = nonEmptyString('headers.method', method, "Give the method as you send it, for example 'GET'.")
  if (!httpToken.test(known)) wrong('headers.method', 'is not a method', "Give one like 'GET'.")
  const target = secureUrl('headers.url', url, 'https://users.internal/users/7', options[allowInsecureHttp] === true)
  if (hasQueryToken(target.search)) throw tokenInQuery()
  if (nonce !== undefined) nonEmptyString('headers.nonce', nonce, 'Give the DPoP-Nonce of an answer, or leave it out.')
  return [
    { method: asSent(known), url: target, nonce },
    checkedRequest('headers', given, fallback),
    patienceOf('headers', given)
  ]
}

/** A method is case-sensitive (RFC 9110 §9.1), and people write `get` where their HTTP client sends `GET`. */
function asSent(method: string): string {
  const upper = method.toUpperCase()
  return standardMethods.includes(upper) ? upper : method
}
