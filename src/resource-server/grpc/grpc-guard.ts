import { type GuardOptions, guardCore } from '../guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from '../guarded-contexts.ts'
import type { Rule } from '../rules.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** What is used of metadata of @grpc/grpc-js. */
export interface GrpcMetadata {
  get(name: string): readonly (string | Uint8Array)[]
}

/** What is used of a listener of a server's call. */
interface Listener {
  onReceiveMetadata(metadata: never): void
}

/** What is used of a call, as a server's interceptor gets it. */
interface InterceptedCall {
  start(listener: never): void
  sendStatus(status: never): void
  /** What the client calls the server; newer versions tell. */
  getHost?(): string
}

/** A server interceptor. What it returns is a call of @grpc/grpc-js, whose class cannot be named here: `never` fits it. */
export type GrpcServerInterceptor = (method: { readonly path: string }, call: InterceptedCall) => never

/** The codes of gRPC for what a refusal is. */
const codes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 503: 14 }
const details: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthenticated',
  403: 'Permission denied',
  503: 'Unavailable'
}

/**
 * A server interceptor of @grpc/grpc-js: `new Server({ interceptors: [requireToken(verifier, rule)] })`. A call goes on when its metadata `authorization` carry
 * a token that the rule allows; all others end with UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT, UNAVAILABLE or INTERNAL. A rule sees the path of the
 * method as `request.path`. The call does not tell whether it came over TLS: proofs of DPoP are for `https:` unless `externalUrl` says otherwise.
 * @throws ClientConfigurationError without a rule: nothing is allowed by default.
 */
export function requireToken(
  verifier: AccessTokenVerifier,
  rule: Rule,
  options: Omit<GuardOptions<{ readonly path: string }>, 'refusal'> = {}
): GrpcServerInterceptor {
  const judge = guardCore(verifier, rule, options)

  async function decide(metadata: GrpcMetadata, path: string, call: InterceptedCall) {
    const [authorization, dpop] = ['authorization', 'dpop'].map((name) => metadata.get(name).map(String))
    const carrier = { headers: { authorization, dpop, host: call.getHost?.() }, method: 'POST', url: path }
    const judgement = await judge(carrier, { path })
    if (judgement.passes) rememberToken(metadata, judgement.token)
    return judgement
  }

  return (method, call) => {
    const start = (listener: Listener) =>
      call.start({
        ...bound(listener),
        onReceiveMetadata(metadata: GrpcMetadata) {
          void decide(metadata, method.path, call).then((judgement) => {
            if (judgement.passes) listener.onReceiveMetadata(metadata as never)
            else call.sendStatus(statusOf(judgement.answer.status) as never)
          })
        }
      } as never)
    // Everything else is the call's own.
    return new Proxy(call, {
      get(target, name) {
        if (name === 'start') return start
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      }
    }) as never
  }
}

/** The token of a call that `requireToken` let through. @throws ClientConfigurationError if no guard has checked the request before. */
export function accessTokenOf(call: { readonly metadata: GrpcMetadata }): VerifiedToken {
  return tokenOf(call.metadata)
}

/** The same, or undefined where the token is optional. */
export function optionalAccessTokenOf(call: { readonly metadata: GrpcMetadata }): VerifiedToken | undefined {
  return optionalTokenOf(call.metadata)
}

function statusOf(status: number) {
  return { code: codes[status] ?? 13, details: details[status] ?? 'Internal error' }
}

/** A listener can be an object of a class, whose methods need it. */
function bound(listener: object): object {
  const names = ['onReceiveMessage', 'onReceiveHalfClose', 'onCancel'] as const
  const methods = listener as Partial<Record<(typeof names)[number], (...args: unknown[]) => unknown>>
  return Object.fromEntries(names.map((name) => [name, methods[name]?.bind(listener)]))
}
