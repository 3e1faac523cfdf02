import type { TokenSource } from '../token/token-source.ts'
import type { Destination } from './destination.ts'
import type { Dispatch, DispatchOptions, Handler } from './dispatch.ts'
import { missingOrigin } from './dispatch-origin.ts'
import { upgradeWithoutHandler } from './handler-check.ts'
import { CallersHeaders, copyHeaders, type HeaderFields, hostElsewhere } from './header-fields.ts'
import { foreignHost, isOwnServername } from './own-host.ts'
import type { Presenting } from './present.ts'
import { hasQueryToken, tokenInQuery } from './query-token.ts'
import type { EmitRejected } from './rejection.ts'
import { sendableBody } from './request-body.ts'
import type { Route } from './routes.ts'
import { type TokenOptions, tokenOptions } from './token-options.ts'

export interface Spending {
  readonly source: TokenSource
  readonly emit: EmitRejected
  /** The rule as one call wants it; throws for a wish that cannot be. */
  readonly forCall?: ((rule: Route, wish: TokenOptions) => Route) | undefined
}

/** The dispatcher that an interceptor was composed on, and what it spends there. */
export interface Composition extends Spending {
  readonly dispatch: Dispatch
  /** Sees where the dispatcher sends, if it does not tell. */
  readonly destination: Destination | undefined
}

/** What is sent with a token, by one attempt or several. */
export interface BearerRequest extends Presenting {
  readonly composition: Composition
  /** Without headers. */
  readonly options: DispatchOptions
  readonly fields: HeaderFields
  readonly route: Route
  /** Its token was refused, and another one took its place. */
  hasNewToken?: boolean
}

/**
 * Makes a request of a copy of its options, which was read once, so that what is checked is what is sent. Gives the caller's headers
 * if they take no token, and throws for a request that must not have one.
 */
export function bearerRequest(
  composition: Composition,
  rule: Route | undefined,
  options: DispatchOptions,
  handler: Handler
): BearerRequest | CallersHeaders {
  const route = rule && ruleForCall(composition, rule, options[tokenOptions])
  const fields = copyHeaders(options.headers, route?.origin, route?.header)
  if (fields instanceof CallersHeaders) return fields
  if (route === undefined) throw missingOrigin()

  options.origin = route.origin
  if (fields === hostElsewhere || !isOwnServername(options.servername, route.origin)) throw foreignHost(route.origin)
  if (hasQueryToken(options.path, options.query)) throw tokenInQuery()
  if (options.upgrade && handler.onRequestUpgrade === undefined) throw upgradeWithoutHandler()
  // A redirect interceptor below asks no policy, and takes no other field than `Authorization` out when it leaves the origin.
  if (!route.holdsEverywhere || route.header !== undefined) options.maxRedirections = 0
  if (route !== rule) options[tokenOptions] = undefined // another client's interceptor may follow
  const body = sendableBody(options.body)
  if (body !== undefined) options.body = body as NonNullable<DispatchOptions['body']>
  return { composition, options, fields, route }
}

/** The rule as the wish of one call makes it. */
export function ruleForCall({ forCall }: Spending, rule: Route, wish: TokenOptions | undefined): Route {
  return wish === undefined || forCall === undefined ? rule : forCall(rule, wish)
}
