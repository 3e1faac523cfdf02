import { isAmbiguous, readingsOf } from './path-readings.ts'
import { hasQueryToken } from './query-token.ts'
import { liesUnder, normalisePath, type Route, type Routes } from './routes.ts'

/** Why a request to a URL carries a token or not. It contains no token, no query and no user information. */
export interface Explanation {
  readonly carriesToken: boolean
  /** The rule that applies, as origin and path prefix. */
  readonly rule?: string
  /** What the token request asks for. */
  readonly scope?: readonly string[]
  readonly audience?: string | undefined
  readonly resource?: readonly string[]
  /** One sentence. */
  readonly reason: string
}

/** Explains what the interceptor and `fetch` would decide about a URL now. */
export function explain(routes: Routes, target: string | URL): Explanation {
  const text = String(target)
  if (!URL.canParse(text)) return none('It is not an absolute URL.')
  const url = new URL(text)
  const { origin, pathname } = url
  if (url.username !== '' || url.password !== '') return none('It contains a user name or password.')
  if (routes.of(origin).length === 0) return none(`No rule names ${origin}. ${nearMiss(routes, url)}`.trim())

  const route = routes.find(origin, pathname)
  const path = normalisePath(pathname)
  const disputed = route?.path === undefined && isDisputed(routes, origin, pathname)
  if (route === undefined && disputed)
    return none(`Servers read ${path} in more than one way, so only a rule for all of ${origin} could cover it.`)
  if (route === undefined)
    return none(`No rule of ${origin} covers ${path}. Its path prefixes are: ${prefixes(routes, origin)}.`)
  if (hasQueryToken(url.search)) return none('The request is refused, because its query contains `access_token`.')
  const { scope, audience, resource } = route.request
  return {
    carriesToken: true,
    rule: ruleName(route),
    scope,
    audience,
    resource,
    reason: reasonFor(route, path, disputed)
  }
}

/** Whether a rule for a path would apply to it on some servers but not on others. */
function isDisputed(routes: Routes, origin: string, path: string): boolean {
  if (!isAmbiguous(path)) return false
  const readings = readingsOf(path)
  return routes.of(origin).some((rule) => rule.path !== undefined && readings.some((one) => liesUnder(one, rule)))
}

function none(reason: string): Explanation {
  return { carriesToken: false, reason }
}

function ruleName({ origin, path = '/' }: Route): string {
  return `${origin}${path}`
}

function reasonFor(route: Route, path: string, disputed: boolean): string {
  if (disputed)
    return `Servers read ${path} in more than one way, so the rule ${ruleName(route)} for the whole origin covers it.`
  if (route.path === undefined)
    return `The rule ${ruleName(route)} covers every path of its origin that no longer prefix covers.`
  return `The rule ${ruleName(route)} has the longest path prefix of ${path}.`
}

function prefixes(routes: Routes, origin: string): string {
  return routes
    .of(origin)
    .map(({ path = '/' }) => path)
    .join(', ')
}

/** The most common mistake: the host is right, but the scheme or the port is not. */
function nearMiss(routes: Routes, { hostname }: URL): string {
  const near = routes.origins.find((origin) => new URL(origin).hostname === hostname)
  return near === undefined ? '' : `The policy names ${near}. Scheme and port must match.`
}
