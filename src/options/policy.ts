import { isUnreadable } from '../bearer/path-readings.ts'
import { normalisePath, type Route } from '../bearer/routes.ts'
import { allowInsecureHttp, secureUrl } from '../http/secure-url.ts'
import type { TokenRequest } from '../token/token-request.ts'
import { checkedFields, kindOf, plainObject, wrong } from '../wrong-option.ts'
import { checkedPresentation, type PresentationOptions, presentationNames } from './presentation-options.ts'
import { checkedRequest, maxWaitOption, type RequestOptions, requestOptionNames } from './request-options.ts'

/** One rule of a policy: which token to use, how to send it, and how long a request waits for it. The client's own values apply to fields that are left out. */
export interface RouteOptions extends RequestOptions, PresentationOptions {
  /**
   * How many milliseconds a request waits for a token, instead of the client's `timeout`. With 0 it only uses a token that is already there, so a 401
   * is never followed by a second attempt.
   */
  readonly maxWait?: number
}

interface OriginsPolicy extends RouteOptions {
  /** Each origin is a scheme, a host and perhaps a port: `https://users.internal`. */
  readonly origins: readonly (string | URL)[]
  readonly routes?: never
}

interface RoutesPolicy {
  /** Origin, or origin and path prefix → rule. The longest prefix of whole path segments decides. If none matches, no token is sent. */
  readonly routes: Readonly<Record<string, RouteOptions>>
  readonly origins?: never
}

/** Says where tokens may go: origins that share one rule, or a rule for each origin or path prefix. A token goes nowhere else. */
export type BearerPolicy = (OriginsPolicy | RoutesPolicy) & {
  /** Allows tokens to be sent to these origins over plain HTTP. */
  readonly [allowInsecureHttp]?: boolean
}

const example = 'https://users.internal'
const ruleNames = [...requestOptionNames, ...presentationNames, 'maxWait'] as const

/** For fields that are left out, the client's own request applies. Throws ClientConfigurationError. */
export function checkedPolicy(policy: BearerPolicy, fallback: TokenRequest): readonly Route[] {
  const given = checkedFields('policy', policy, ['origins', 'routes', ...ruleNames])
  const insecureHttpAllowed = given[allowInsecureHttp] === true
  if (given.routes === undefined) return originRules(given, fallback, insecureHttpAllowed)
  if (given.origins !== undefined) {
    const remedy = 'Give `origins` that share one rule, or `routes` with a rule each.'
    wrong('policy.routes', 'is given together with `origins`', remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  refuseSharedRule(given)
  return routeRules(given.routes, fallback, insecureHttpAllowed)
}

function refuseSharedRule(given: object): void {
  const name = ruleNames.find((one) => one in given)
  if (name === undefined) return
  const remedy = `Give it in each route that needs it: routes: { '${example}': { ${name}: … } }.`
  wrong(
    `policy.${name}`,
    'is given together with `routes`, which each have their own rule',
    remedy,
    'ERR_CONFLICTING_OPTIONS'
  )
}

function originRules(given: OriginsPolicy, fallback: TokenRequest, insecureHttpAllowed: boolean): readonly Route[] {
  const { origins } = given
  const remedy = `Give the origins that tokens may go to, like origins: ['${example}'].`
  if (origins === undefined) wrong('policy.origins', 'is missing', remedy, 'ERR_MISSING_OPTION')
  if (!Array.isArray(origins) || origins.length === 0) {
    wrong('policy.origins', `must be an array with at least one origin, but is ${kindOf(origins)}`, remedy)
  }
  const rule = ruleOf('policy', given, fallback)
  return origins.map((origin: unknown, index) => {
    const option = `policy.origins[${index}]`
    const url = targetUrl(option, origin, insecureHttpAllowed)
    if (url.pathname !== '/') wrong(option, 'has a path', `Give the origin alone: '${url.origin}', or use \`routes\`.`)
    return { origin: url.origin, path: undefined, ...rule }
  })
}

function routeRules(routes: unknown, fallback: TokenRequest, insecureHttpAllowed: boolean): readonly Route[] {
  const remedy = `Give at least one rule, like routes: { '${example}': { scope: ['read_user'] } }.`
  plainObject('policy.routes', routes, remedy)
  const entries = Object.entries(routes)
  if (entries.length === 0) wrong('policy.routes', 'is empty', remedy)
  const targets = new Set<string>()
  return entries.map(([target, given], index) => {
    const url = targetUrl(`policy.routes[${index}]`, target, insecureHttpAllowed)
    const path = normalisePath(url.pathname)
    const option = `policy.routes['${url.origin}${path}']`
    if (targets.has(option)) wrong(option, 'occurs twice', 'Keep one of the two.', 'ERR_CONFLICTING_OPTIONS')
    targets.add(option)
    if (isUnreadable(url.pathname))
      wrong(option, 'has a path that servers read in more than one way', 'Give a path without NUL and overlong UTF-8.')
    const rule = ruleOf(option, checkedFields(option, given as RouteOptions, ruleNames), fallback)
    return { origin: url.origin, path: path === '/' ? undefined : path, ...rule }
  })
}

function ruleOf(option: string, given: RouteOptions, fallback: TokenRequest): Omit<Route, 'origin' | 'path'> {
  const request = checkedRequest(option, given, fallback)
  const maxWait = maxWaitOption(`${option}.maxWait`, given.maxWait)
  return { request, maxWait, ...checkedPresentation(option, given) }
}

function targetUrl(option: string, value: unknown, insecureHttpAllowed: boolean): URL {
  const remedy = `Give scheme, host and port only, like '${example}'.`
  if (String(value).includes('*')) wrong(option, 'has a wildcard, but tokens only go to named origins', remedy)
  const url = secureUrl(option, value, example, insecureHttpAllowed)
  if (url.search !== '' || url.hash !== '')
    wrong(option, 'has a query or a fragment', `Give the origin alone: '${url.origin}'.`)
  return url
}
