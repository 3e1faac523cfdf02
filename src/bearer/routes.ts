import { decodeUnreserved } from '../proof/dpop-claims.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { RejectedWhen } from './answer.ts'
import { isAmbiguous, isUnreadable, readingsOf, withoutDotSegments } from './path-readings.ts'
import type { Usage } from './usage.ts'

/** One checked rule of a policy: which requests get which token. */
export interface Route {
  /** The origin, as the WHATWG URL parser writes it. */
  readonly origin: string
  /** A normalised path prefix of whole segments. Without it the rule applies to every path of the origin. */
  readonly path?: string | undefined
  readonly request: TokenRequest
  /** Milliseconds that a request waits for its token. */
  readonly maxWait?: number | undefined
  /** The header for the token, in lower case. The default is `authorization`. */
  readonly header?: string | undefined
  /** The word before the token in it. The default is `Bearer`. */
  readonly scheme?: string | undefined
  /** Which answers refuse the token, in addition to those that say so in a challenge. */
  readonly rejectedWhen?: RejectedWhen | undefined
  /** Counts the calls to which this rule adds a token. */
  readonly usage?: Usage | undefined
  /** Whether this rule applies to every path of the origin, according to the table. */
  readonly holdsEverywhere?: boolean
}

export interface Routes {
  readonly origins: readonly string[]
  /** The rules of one origin, the longest path prefix first. */
  of(origin: string): readonly Route[]
  /**
   * The rule of this origin with the longest path prefix. `path` may have a query. If servers read the path in more than one way,
   * the rule must cover all of these readings; otherwise the rule for the whole origin applies.
   */
  find(origin: string, path: string): Route | undefined
}

/** The rules of one origin, by their paths. */
interface OriginRules {
  readonly sorted: readonly Route[]
  readonly byPath: ReadonlyMap<string | undefined, Route>
  /** Characters of the longest path; 0 when no rule has one. */
  readonly longest: number
  /** The rule for every path that no other rule covers. */
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
      const { longest, pathless } = rules
      if (longest === 0) return pathless
      const rule = lookUp(rules, normalisePath(path))
      return rule === pathless || isCertain(rules, rule, path) ? rule : pathless
    }
  }
}

function lookUp({ byPath, longest, pathless }: OriginRules, path: string): Route | undefined {
  for (const prefix of prefixes(path, longest)) {
    const rule = byPath.get(prefix)
    if (rule !== undefined) return rule
  }
  return pathless
}

/** Whether this rule covers the path in every way in which a server could read it. */
function isCertain(rules: OriginRules, rule: Route | undefined, path: string): boolean {
  if (!isAmbiguous(path)) return true
  if (isUnreadable(path)) return false
  const own = readingsOf(rule?.path ?? '/')
  return readingsOf(path).every((reading) => {
    const found = lookUp(rules, reading)
    return found === rule || (found === rules.pathless && own.some((prefix) => liesUnder(reading, { path: prefix })))
  })
}

/** Whether a normalised path is a prefix of whole segments, or lies under it. */
export function liesUnder(path: string, { path: prefix = '/' }: Pick<Route, 'path'>): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

function originRules(rules: readonly Route[]): OriginRules {
  const sorted = rules.toSorted((one, other) => lengthOf(other) - lengthOf(one))
  const [first] = sorted
  const byPath = new Map(sorted.toReversed().map((rule) => [rule.path, rule])) // of two alike the first counts
  const longest = first === undefined ? 0 : lengthOf(first)
  const pathless = byPath.get(undefined)
  return { sorted, byPath, longest, pathless: pathless && { ...pathless, holdsEverywhere: longest === 0 } }
}

function lengthOf({ path = '' }: Route): number {
  return path.length
}

/**
 * The path and all its prefixes, the longest first: `/a/b` is under `/a/`, `/a` and `/`. A prefix ends at the end of a segment:
 * `/administrators` is not under `/admin`. Prefixes that are longer than every rule are left out.
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

/** The path with dot segments resolved, without the query, and without unnecessary encoding (RFC 3986 §6.2.2). */
export function normalisePath(path: string): string {
  const { pathname } = new URL(`http://origin${path}`)
  const decoded = decodeUnreserved(pathname)
  // The URL parser of Node 20 stops at a segment like `.well-known` and leaves the `..` after it.
  return decoded.includes('/.') ? withoutDotSegments(decoded) : decoded
}
