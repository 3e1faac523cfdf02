import { TokenClientError } from '../errors.ts'
import { type TokenRequest, tokenRequest } from '../token/token-request.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { Route } from './routes.ts'
import type { Grant, Moment, Usage } from './usage.ts'

/** Remembers who was called with which token, for one client. */
export interface UsageBook {
  /** The route, counting what its tokens are used for. Equal routes of two policies are counted together. */
  counted(route: Route): Route
  /** Counts the tokens that are asked for by hand. */
  byHand(request: TokenRequest): Usage
  /** The same source, which also records what it grants. */
  noting<Source extends TokenSource>(source: Source): Source
  usages(): Iterable<Usage>
  /** Counts the calls that do not fit into the list. */
  readonly unlisted: Usage
}

/** Calls can name any scope, so their number has no natural limit. */
const listedAtMost = 1_000

export function usageBook(lastLook: Moment): UsageBook {
  const routes = new Map<string, Usage>()
  const requests = new Map<string, Usage>()
  const grants = new Map<string, Grant>()
  const unlisted = newUsage(undefined, tokenRequest({ scope: [], audience: undefined, resource: [], parameters: {} }))
  let lastByHand: Usage | undefined

  function newUsage(rule: Usage['rule'], request: TokenRequest, grant: Grant = {}): Usage {
    return { rule, request, grant, lastLook, calls: 0, refused: 0, lastUsed: 0 }
  }

  function listed(list: Map<string, Usage>, key: string, request: TokenRequest, rule?: Usage['rule']): Usage {
    const known = list.get(key)
    if (known !== undefined) return known
    if (routes.size + requests.size >= listedAtMost) return unlisted
    const grant = grants.get(request.key) ?? {}
    grants.set(request.key, grant)
    const usage = newUsage(rule, request, grant)
    list.set(key, usage)
    return usage
  }

  return {
    counted(route) {
      const { origin, path, request } = route
      return { ...route, usage: listed(routes, `${origin}${path ?? '/'} ${request.key}`, request, { origin, path }) }
    },
    byHand(request) {
      if (lastByHand?.request !== request) lastByHand = listed(requests, request.key, request)
      return lastByHand
    },
    noting: (source) => ({
      ...source,
      token(request, asking) {
        const token = source.token(request, asking)
        const grant = grants.get(request.key)
        if (grant === undefined) return token
        Promise.resolve(token).then(
          ({ scope }) => Object.assign(grant, { granted: scope, code: undefined }),
          (error) => Object.assign(grant, error instanceof TokenClientError && { code: error.code })
        )
        return token
      }
    }),
    *usages() {
      yield* routes.values()
      yield* requests.values()
    },
    unlisted
  }
}
