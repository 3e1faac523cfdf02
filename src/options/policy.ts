import type { Route } from '../bearer/routes.ts'
import { allowInsecureHttp } from '../http/insecure-http.ts'
import type { TokenRequest } from '../token/token-request.ts'
import { kindOf, webUrl, wrong } from './checks.ts'
import {
  checkedFields,
  checkedRequest,
  maxWaitOption,
  type RequestOptions,
  requestOptionNames
} from './request-options.ts'

/** Where tokens may go: to these origins and to no other. */
export interface BearerPolicy extends RequestOptions {
  /** Each as scheme, host and port: `https://users.internal`. */
  readonly origins: readonly (string | URL)[]
  /** Milliseconds that a request waits for a token, in place of the client's `timeout`. */
  readonly maxWait?: number
  /** Allows tokens to travel by plain HTTP to these origins. */
  readonly [allowInsecureHttp]?: boolean
}

/** The fields that are not named are the client's own request. Throws ClientConfigurationError. */
export function checkedPolicy(given: BearerPolicy, fallback: TokenRequest): readonly Route[] {
  checkedFields('policy', given, ['origins', ...requestOptionNames, 'maxWait'])
  const { origins } = given
  const remedy = "Give the origins that tokens may go to, like origins: ['https://users.internal']."
  if (origins === undefined) wrong('policy.origins', 'is missing', remedy, 'ERR_MISSING_OPTION')
  if (!Array.isArray(origins) || origins.length === 0) {
    wrong('policy.origins', `must be an array with at least one origin, but is ${kindOf(origins)}`, remedy)
  }
  const request = checkedRequest('policy', given, fallback)
  const maxWait = maxWaitOption('policy.maxWait', given.maxWait)
  const insecureAllowed = given[allowInsecureHttp] === true
  return origins.map((origin: unknown, index) => ({
    origin: originOption(`policy.origins[${index}]`, origin, insecureAllowed),
    request,
    maxWait
  }))
}

function originOption(option: string, value: unknown, insecureAllowed: boolean): string {
  const example = 'https://users.internal'
  const remedy = `Give scheme, host and port only, like '${example}'.`
  if (String(value).includes('*')) wrong(option, 'has a wildcard, and a token goes to named origins only', remedy)
  const url = webUrl(option, value, example, insecureAllowed)
  if (url.pathname !== '/') wrong(option, 'has a path', `Give the origin alone: '${url.origin}'.`)
  if (url.search !== '' || url.hash !== '')
    wrong(option, 'has a query or a fragment', `Give the origin alone: '${url.origin}'.`)
  return url.origin
}
