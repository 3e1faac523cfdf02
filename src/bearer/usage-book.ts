import { TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import { type TokenRequest, tokenRequest } from '../token/token-request.ts'
import type { Route } from './routes.ts'
import type { Grant, Moment, Usage } from './usage.ts'

/** Calls can name any scope, so their number has no natural limit. */
const listedAtMost = 1_000

const noRequest = tokenRequest({})

/**
 * Remembers who was called with which token, for one client. It is a class with tables that are made when they are first needed, because a thousand
 * tenants have a thousand books.
 */
export class UsageBook {
  readonly #lastLook: Moment
  #routes: Map<string, Usage> | undefined
  #requests: Map<string, Usage> | undefined
  /** Of the requests of routes, which several of them can share. */
  #grants: Map<string, Grant> | undefined
  #unlisted: Usage | undefined
  #lastByHand: Usage | undefined

  constructor(lastLook: Moment) {
    this.#lastLook = lastLook
  }

  /** Counts the calls that do not fit into the list. */
  get unlisted(): Usage {
    this.#unlisted ??= this.#newUsage(undefined, noRequest)
    return this.#unlisted
  }

  /** The route, counting what its tokens are used for. Equal routes of two policies are counted together. */
  counted(route: Route): Route {
    const { origin, path, request } = route
    this.#routes ??= new Map()
    const usage = this.#listed(this.#routes, `${origin}${path ?? '/'} ${request.key}`, request, { origin, path })
    return { ...route, usage }
  }

  /** Counts the tokens that the user's code asks for. `key` is the key of the request, if the caller already has it. */
  byHand(request: TokenRequest, key = request.key): Usage {
    if (this.#lastByHand?.request !== request) {
      this.#requests ??= new Map()
      this.#lastByHand = this.#listed(this.#requests, key, request)
    }
    return this.#lastByHand
  }

  /** Records what a request for a token was granted, or why it was refused. */
  noteGrant(request: TokenRequest, token: AccessToken | Promise<AccessToken>): void {
    const grant = this.#grantOf(request)
    if (grant === undefined) return
    Promise.resolve(token).then(
      ({ scope }) => Object.assign(grant, { granted: scope, code: undefined }),
      (error) => Object.assign(grant, error instanceof TokenClientError && { code: error.code })
    )
  }

  *usages(): Iterable<Usage> {
    yield* this.#routes?.values() ?? []
    yield* this.#requests?.values() ?? []
  }

  #newUsage(rule: Usage['rule'], request: TokenRequest, grant: Grant = {}): Usage {
    return { rule, request, grant, lastLook: this.#lastLook, calls: 0, refused: 0, lastUsed: 0 }
  }

  #listed(list: Map<string, Usage>, key: string, request: TokenRequest, rule?: Usage['rule']): Usage {
    const known = list.get(key)
    if (known !== undefined) return known
    if ((this.#routes?.size ?? 0) + (this.#requests?.size ?? 0) >= listedAtMost) return this.unlisted
    const grant = this.#grantOf(request) ?? {}
    if (rule !== undefined) {
      this.#grants ??= new Map()
      this.#grants.set(request.key, grant)
    }
    const usage = this.#newUsage(rule, request, grant)
    list.set(key, usage)
    return usage
  }

  #grantOf({ key }: TokenRequest): Grant | undefined {
    return this.#requests?.get(key)?.grant ?? this.#grants?.get(key)
  }
}
