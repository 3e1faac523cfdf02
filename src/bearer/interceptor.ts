import type { BearerInterceptor } from './bearer-interceptor.ts'
import type { Spending } from './bearer-request.ts'
import { Destination } from './destination.ts'
import { type Dispatch, type DispatchOptions, type Handler, withOptions } from './dispatch.ts'
import { dispatchOrigin, isOriginUnknown, missingOrigin } from './dispatch-origin.ts'
import { BearerExchange } from './exchange.ts'
import { explain } from './explain.ts'
import { upgradeWithoutHandler } from './handler-check.ts'
import { CallersHeaders, copyHeaders, hostElsewhere } from './header-fields.ts'
import { acceptLegacyHandler, acceptLegacyOptions } from './legacy-handler.ts'
import { foreignHost, isOwnServername } from './own-host.ts'
import { hasQueryToken, tokenInQuery } from './query-token.ts'
import { comesThroughStranger } from './redirects.ts'
import { destroyBody, sendableBody } from './request-body.ts'
import type { Routes } from './routes.ts'

export interface BearerOptions extends Spending {
  readonly routes: Routes
}

/**
 * An undici interceptor that puts a token on requests to the origins of its routes (RFC 6750 §2.1) and lets all others
 * pass untouched. It asks anew at every dispatch, so composed inside `redirect` and `retry` it sees each hop and attempt.
 */
export function bearerInterceptor({ routes, ...spending }: BearerOptions): BearerInterceptor {
  // undici 8 wants a function of exactly two parameters back, and gives a second argument that no type declares.
  const interceptor = (dispatch: Dispatch, boundOrigin?: string | null): Dispatch => {
    const destination = boundOrigin === undefined ? new Destination() : undefined
    const composition = { ...spending, dispatch, destination }
    return (given, givenHandler) => {
      const handler = acceptLegacyHandler(givenHandler)
      const options = acceptLegacyOptions(given, givenHandler)
      const { origin, path, method } = options
      if (method === 'CONNECT' || !path?.startsWith('/')) return dispatch(options, handler)

      const target = dispatchOrigin(origin, boundOrigin)
      const route = target === undefined ? undefined : routes.find(target, path)
      const originUnknown = isOriginUnknown(origin, boundOrigin)
      if (route === undefined && !originUnknown) return dispatch(options, handler)
      if (comesThroughStranger(handler, routes)) return dispatch(options, handler)

      const fields = copyHeaders(options.headers, target)
      if (fields instanceof CallersHeaders) {
        const { headers } = fields
        return dispatch(headers === options.headers ? options : withOptions(options, { headers }), handler)
      }
      if (route === undefined) return refuse(missingOrigin(), options, handler)

      const checked = { ...options, origin: route.origin, path, method }
      if (fields === hostElsewhere || !isOwnServername(checked.servername, route.origin))
        return refuse(foreignHost(route.origin), options, handler)
      if (hasQueryToken(path, checked.query)) return refuse(tokenInQuery(), options, handler)
      if (checked.upgrade && handler.onRequestUpgrade === undefined)
        return refuse(upgradeWithoutHandler(), options, handler)
      // A redirect interceptor below asks no policy, so it may follow only where no other rule could be met.
      if (!route.holdsEverywhere) checked.maxRedirections = 0
      const body = sendableBody(checked.body)
      if (body !== undefined) checked.body = body as NonNullable<DispatchOptions['body']>
      return new BearerExchange({ composition, options: checked, fields, route }, handler).start()
    }
  }
  return Object.assign(interceptor as unknown as BearerInterceptor, {
    explain: (url: string | URL) => explain(routes, url)
  })
}

/** The request is not sent. True, because no 'drain' will follow. */
function refuse(error: Error, { body }: DispatchOptions, handler: Handler): true {
  destroyBody(body, error)
  if (handler.onResponseError === undefined) throw error
  handler.onResponseError(null as never, error)
  return true
}
