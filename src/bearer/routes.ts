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

/** The rules of one origin, by their paths. */
interface OriginRules {
  readonly sorted: readonly Route[]
  readonly byPath: ReadonlyMap<string | undefined, Route>
  /** Characters of the longest path; 0 when no rule has one. */
  readonly longest: number
  /** The rule for every path that no other takes. */
  readonly pathless: Route | undefined
}

export function routeTable(routes: readonly Route[]): Routes {
  const grouped = new Map(routes.map(({ origin }) => [origin, [] as Route[]]))
  for (const route of routes) grouped.get(route.origin)?.push(route)
  const table = new Map(Array.from(grouped, ([origin, rules]) => [origin, originRules(rules)]))

  return {
    origins: [...table.keys()],
    of: (origin) => table.get(origin)?.sorted ?? [],
    find(origin, path) {
      const rules = table.get(origin)
      if (rules === undefined) return undefined
      const { byPath, longest, pathless } = rules
      if (longest === 0) return pathless
      for (const prefix of prefixes(normalisePath(path), longest)) {
        const rule = byPath.get(prefix)
        if (rule !== undefined) return rule
      }
      return pathless
    }
  }
}

function originRules(rules: readonly Route[]): OriginRules {
  const sorted = rules.toSorted((one, other) => lengthOf(other) - lengthOf(one))
  const [first] = sorted
  const byPath = new Map(sorted.toReversed().map((rule) => [rule.path, rule])) // of two alike the first counts
  return { sorted, byPath, longest: first === undefined ? 0 : lengthOf(first), pathless: byPath.get(undefined) }
}

function lengthOf({ path = '' }: Route): number {
  return path.length
}

/**
 * All that `path` is or lies under, the longest first: `/a/b` is under `/a/`, `/a` and `/`. Prefixes end where segments
 * end: `/admin` is not above `/administrators`. What is longer than every rule is left out.
 */
function* prefixes(path: string, longest: number): Generator<string> {
  if (path.length <= longest) yield path
  let slash = path.lastIndexOf('/', longest)
  while (slash >= 0) {
    yield path.slice(0, slash + 1)
    yield path.slice(0, slash)
    slash = slash === 0 ? -1 : path.lastIndexOf('/', slash - 1)
  }
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
