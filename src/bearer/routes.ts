import type { TokenRequest } from '../token/token-request.ts'

/** One rule of a policy, checked already: which requests get which token. */
export interface Route {
  /** As the WHATWG URL parser writes an origin. */
  readonly origin: string
  /** Path prefix of whole segments, normalised; without one the rule holds for every path of the origin. */
  readonly path?: string | undefined
  readonly request: TokenRequest
  /** Milliseconds that a request waits for its token. */
  readonly maxWait?: number | undefined
}

export interface Routes {
  readonly origins: readonly string[]
  /** The rules of one origin, the longest path prefix first. */
  of(origin: string): readonly Route[]
  /** The rule with the longest path prefix of this origin. `path` may carry a query. */
  find(origin: string, path: string): Route | undefined
}

export function routeTable(routes: readonly Route[]): Routes {
  const table = new Map<string, readonly Route[]>()
  for (const route of routes) table.set(route.origin, [...(table.get(route.origin) ?? []), route].sort(longestFirst))

  return {
    origins: [...table.keys()],
    of: (origin) => table.get(origin) ?? [],
    find(origin, path) {
      const rules = table.get(origin)
      if (rules === undefined) return undefined
      const [longest] = rules
      if (longest?.path === undefined) return longest
      const wanted = normalisePath(path)
      return rules.find((rule) => rule.path === undefined || isUnder(wanted, rule.path))
    }
  }
}

function longestFirst(one: Route, other: Route): number {
  return (other.path?.length ?? 0) - (one.path?.length ?? 0)
}

/** Prefixes end where segments end: `/admin` is not above `/administrators`. */
function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

/** Dot segments resolved, the query cut off, and no character encoded that need not be (RFC 3986 §6.2.2). */
export function normalisePath(path: string): string {
  const { pathname } = new URL(`http://origin${path}`)
  const decoded = pathname.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[0-9a-z._~-]/i.test(character) ? character : encoded.toUpperCase()
  })
  return decoded.includes('/.') ? withoutDotSegments(decoded) : decoded
}

/** RFC 3986 §5.2.4 once more: the URL parser of Node 20 stops at a segment like `.well-known` and leaves the `..` after it. */
function withoutDotSegments(path: string): string {
  const segments: string[] = []
  for (const segment of path.slice(1).split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}${/\/\.\.?$/.test(path) && segments.length > 0 ? '/' : ''}`
}
