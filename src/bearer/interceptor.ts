import { isAnyObject } from '../any-object.ts'
import { BearerExchange } from './bearer-exchange.ts'
import type { BearerInterceptor } from './bearer-interceptor.ts'
import { type BearerRequest, bearerRequest, type Spending } from './bearer-request.ts'
import { Destination } from './destination.ts'
import { type Dispatch, type DispatchOptions, type Handler, withOptions } from './dispatch.ts'
import { dispatchOrigin, isOriginUnknown } from './dispatch-origin.ts'
import { explain } from './explain.ts'
import { CallersHeaders } from './header-fields.ts'
import { acceptLegacyHandler, acceptLegacyOptions } from './legacy-handler.ts'
import { comesThroughStranger } from './redirects.ts'
import { destroyBody } from './request-body.ts'
import type { Routes } from './routes.ts'

export interface BearerOptions extends Spending {
  readonly routes: Routes
}

/**
 * An undici interceptor that adds a token to requests to the origins of its routes (RFC 6750 §2.1) and passes all others on
 * unchanged. It decides at every dispatch, so if it is composed inside `redirect` and `retry`, it sees each hop and each attempt.
 */
export function bearerInterceptor({ routes, ...spending }: BearerOptions): BearerInterceptor {
  warnOnBun()
  // undici 8 expects a function with exactly two parameters, and passes a second argument that no type declares.
  const interceptor = (dispatch: Dispatch, ...bound: [origin?: string | null]): Dispatch => {
    const [boundOrigin] = bound
    const destination = boundOrigin === undefined ? new Destination() : undefined
    const composition = { ...spending, dispatch, destination, checksHandlers: bound.length > 0 }
    return (given, givenHandler) => {
      if (!isAnyObject(given) || !isAnyObject(givenHandler)) return dispatch(given, givenHandler) // undici says what is wrong
      const handler = acceptLegacyHandler(givenHandler)
      const options = acceptLegacyOptions(given, givenHandler)
      const { origin, path, method } = options
      if (method === 'CONNECT' || typeof path !== 'string' || !path.startsWith('/')) return dispatch(options, handler)

      const target = dispatchOrigin(origin, boundOrigin)
      const rule = target === undefined ? undefined : routes.find(target, path)
      if (rule === undefined && !isOriginUnknown(origin, boundOrigin)) return dispatch(options, handler)
      if (comesThroughStranger(handler, routes)) return dispatch(options, handler)

      let request: BearerRequest | CallersHeaders
      try {
        request = bearerRequest(composition, rule, { ...options, path, method }, handler)
      } catch (error) {
        return refuse(error as Error, options, handler)
      }
      if (!(request instanceof CallersHeaders)) return new BearerExchange(request, handler).start()
      const { headers } = request
      return dispatch(headers === options.headers ? options : withOptions(options, { headers }), handler)
    }
  }
  return Object.assign(interceptor as unknown as BearerInterceptor, {
    explain: (url: string | URL) => explain(routes, url)
  })
}

/** The error that follows on Bun's own undici, whose Agent has no `compose()`, does not say what works. The undici of npm is known by its global. */
function warnOnBun(): void {
  if (process.versions.bun === undefined || Symbol.for('undici.globalDispatcher.1') in globalThis) return
  const message =
    "Bun's own undici has no compose(). Import Agent and request from 'undici/index.js', or use createFetch."
  process.emitWarning(message, 'TokenClientWarning')
}

/** The request is not sent. True, because no 'drain' will follow. */
function refuse(error: Error, { body }: DispatchOptions, handler: Handler): true {
  destroyBody(body, error)
  if (typeof handler.onResponseError !== 'function') throw error
  handler.onResponseError(null as never, error)
  return true
}
