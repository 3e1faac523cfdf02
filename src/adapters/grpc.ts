import { ruleForCall } from '../bearer/bearer-request.ts'
import type { BearerOptions } from '../bearer/interceptor.ts'
import { foreignHost, isOwnHost } from '../bearer/own-host.ts'
import { tokenOptions } from '../bearer/token-options.ts'
import { TokenClientError } from '../errors.ts'
import type { BearerPolicy } from '../options/policy.ts'
import type { TokenClient } from '../token-client/token-client.ts'
import { wrong } from '../wrong-option.ts'
import { BearerCall } from './grpc-call.ts'
import { type GrpcCall, type GrpcCallOptions, type GrpcNextCall, statusCode } from './grpc-types.ts'
import { spendingUnder } from './spending.ts'

/** An `Interceptor` of grpc-js, in a type that holds where that is not installed. */
export type GrpcInterceptor = (options: unknown, nextCall: unknown) => never

/** `ChannelCredentials` of grpc-js. */
export interface GrpcChannelCredentials {
  compose(callCredentials: never): unknown
}

/**
 * An interceptor of grpc-js that puts a token on calls of every kind, streams included. The policy is asked for the target of the
 * channel, `https://host:port` with TLS and `http://host:port` without, and for the path of the method: `/users.Users/Read`. A call that is answered
 * UNAUTHENTICATED before anything else came back is made once more with another token, its messages repeated up to 64 KiB.
 * `channelCredentials` are those of the channel: they tell whether it is encrypted.
 *
 * @example
 * const secure = credentials.createSsl()
 * const interceptor = grpcInterceptor(tokens, { origins: ['https://users.internal'] }, secure)
 * const users = new UsersClient('users.internal:443', secure, { interceptors: [interceptor] })
 */
export function grpcInterceptor(
  tokens: TokenClient,
  policy: BearerPolicy,
  channelCredentials: GrpcChannelCredentials
): GrpcInterceptor {
  const bearer = spendingUnder(tokens, policy)
  const scheme = isEncrypted(channelCredentials) ? 'https:' : 'http:'
  const intercept = (options: GrpcCallOptions, nextCall: GrpcNextCall) => call(bearer, scheme, options, nextCall)
  return intercept as unknown as GrpcInterceptor
}

function call(
  { routes, ...spending }: BearerOptions,
  scheme: string,
  options: GrpcCallOptions,
  nextCall: GrpcNextCall
): GrpcCall {
  const { host, method_definition: method, [tokenOptions]: wish } = options
  const first = nextCall(options)
  const origin = originOf(scheme, first.getPeer())
  if (origin === undefined) throw refused(first, uncertainTarget())
  const rule = routes.find(origin, method.path)
  if (rule === undefined) return first
  if (typeof host === 'string' && !isOwnHost(host, origin)) throw refused(first, foreignHost(origin))
  if (wish === undefined) return new BearerCall(spending, rule, { options, nextCall, first })

  first.cancelWithStatus(statusCode.cancelled, 'Another call takes its place.')
  const route = ruleForCall(spending, rule, wish)
  const without = { ...options, [tokenOptions]: undefined } // another client's interceptor may follow
  return new BearerCall(spending, route, { options: without, nextCall, first: nextCall(without) })
}

/** The call that was made is let go of: its deadline would go on. */
function refused(call: GrpcCall, error: TokenClientError): TokenClientError {
  call.cancelWithStatus(statusCode.cancelled, 'The call is not made.')
  return error
}

function uncertainTarget(): TokenClientError {
  const message =
    'The target of the channel is not a host and a port, so the adapter cannot tell whether its calls may carry a token. Connect to a name like users.internal:443, or leave the interceptor out.'
  return new TokenClientError('ERR_UNCERTAIN_ORIGIN', message, { transient: false })
}

/** Call credentials are refused by a channel without TLS, so whether they are tells what the channel is. */
function isEncrypted(credentials: GrpcChannelCredentials): boolean {
  if (typeof credentials?.compose !== 'function') {
    const remedy = 'Give those of the channel: credentials.createSsl().'
    wrong('channelCredentials', 'are missing', remedy, 'ERR_MISSING_OPTION')
  }
  try {
    credentials.compose({ compose: (other: unknown) => other } as never)
    return true
  } catch {
    return false
  }
}

/** The target of a channel as an origin: a call that has not started has the channel's target for its peer. */
function originOf(scheme: string, target: string): string | undefined {
  const [, path = ''] = /^(?:dns|ipv4|ipv6):(?:\/\/[^/]*\/)?([^/,]+)$/.exec(target) ?? []
  const url = `${scheme}//${/:\d+$/.test(path) ? path : `${path}:443`}`
  return path !== '' && URL.canParse(url) ? new URL(url).origin : undefined
}
