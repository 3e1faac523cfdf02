import type { Clock } from '../clock.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { BegunPatience } from '../waiting/patience.ts'
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
  readonly clock: Clock
  /** The rule for one call, with the options of that call. Throws if these are wrong. */
  readonly forCall?: ((rule: Route, wish: TokenOptions) => Route) | undefined
}

/** The dispatcher that an interceptor was composed on, and what it spends there. */
export interface Composition extends Spending {
  readonly dispatch: Dispatch
  /** Watches where the dispatcher sends, if the dispatcher does not say so. */
  readonly destination: Destination | undefined
  /** Whether the dispatcher throws at once if a handler cannot be told an error, as undici 8 does. */
  readonly checksHandlers: boolean
}

/** A request that is sent with a token, in one attempt or several. */
export interface BearerRequest extends Presenting {
  readonly composition: Composition
  /** Without headers. */
  readonly options: DispatchOptions
  readonly fields: HeaderFields
  readonly route: Route
}

/**
 * Makes a request from a copy of its options, which are read only once, so that we send what we have checked. Returns the caller's headers
 * if no token may be added to them, and throws for a request that must not carry one.
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
  // A redirect interceptor below does not check the policy, and removes only `Authorization` when it leaves the origin.
  if (!route.holdsEverywhere || route.header !== undefined) options.maxRedirections = 0
  if (route !== rule) options[tokenOptions] = undefined // another client's interceptor may follow
  const body = sendableBody(options.body)
  if (body !== undefined) options.body = body as NonNullable<DispatchOptions['body']>
  return { composition, options, fields, route }
}

/** The patience of a caller that begins to wait for a token, and then for the proof that goes with it. */
export function patienceFromNow(
  { clock }: Spending,
  { maxWait }: Route,
  { signal }: Pick<BegunPatience, 'signal'>
): BegunPatience {
  return { signal, maxWait, waitsSince: clock.monotonicTime() }
}

/** The rule, changed by the options of one call. */
export function ruleForCall({ forCall }: Spending, rule: Route, wish: TokenOptions | undefined): Route {
  return wish === undefined || forCall === undefined ? rule : forCall(rule, wish)
}
