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

/** An `Interceptor` of grpc-js, in a type that also works if grpc-js is not installed. */
export type GrpcInterceptor = (options: unknown, nextCall: unknown) => never

/** `ChannelCredentials` of grpc-js. */
export interface GrpcChannelCredentials {
  compose(callCredentials: never): unknown
}

/**
 * An interceptor of grpc-js that adds a token to calls of every kind, including streams. The policy is checked with the target of the
 * channel (`https://host:port` with TLS, `http://host:port` without) and the path of the method: `/users.Users/Read`. If a call is answered
 * UNAUTHENTICATED before anything else came back, it is made once more with another token, and its messages are repeated up to 64 KiB.
 * `channelCredentials` are those of the channel. They say whether it is encrypted.
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
  const origin = originOf(scheme, targetOf(first))
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

/** The call that was created is cancelled, because its deadline would continue. */
function refused(call: GrpcCall, error: TokenClientError): TokenClientError {
  call.cancelWithStatus(statusCode.cancelled, 'The call is not made.')
  return error
}

function uncertainTarget(): TokenClientError {
  const message =
    'The target of the channel is not a host and a port, so the adapter cannot tell whether its calls may carry a token. Connect to a name like users.internal:443, or leave the interceptor out.'
  return new TokenClientError('ERR_UNCERTAIN_ORIGIN', message, { transient: false })
}

/** A channel without TLS refuses call credentials, so this shows whether the channel uses TLS. */
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

/** What is inside a call of grpc-js. Its types keep this private, so any of it may be missing. */
interface InsideCall {
  readonly nextCall?: InsideCall
  readonly call?: { readonly channel?: { readonly options?: Readonly<Record<string, unknown>> } }
}

/** With a proxy of the environment, the target of the channel is the proxy, and grpc-js keeps the server to which the tunnel leads among its options. */
function targetOf(call: GrpcCall): string {
  let inside = call as InsideCall
  while (inside.nextCall !== undefined) inside = inside.nextCall
  const throughProxy = inside.call?.channel?.options?.['grpc.http_connect_target']
  return typeof throughProxy === 'string' ? throughProxy : call.getPeer()
}

/** The target of a channel as an origin. The peer of a call that has not started is the target of the channel. */
function originOf(scheme: string, target: string): string | undefined {
  const [, path = ''] = /^(?:dns|ipv4|ipv6):(?:\/\/[^/]*\/)?([^/,]+)$/.exec(target) ?? []
  const url = `${scheme}//${/:\d+$/.test(path) ? path : `${path}:443`}`
  return path !== '' && URL.canParse(url) ? new URL(url).origin : undefined
}
