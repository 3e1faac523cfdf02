import { type GuardOptions, guardCore, type Judgement } from '../guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from '../guarded-contexts.ts'
import type { Rule } from '../rules.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** The part of @grpc/grpc-js metadata that is used. */
export interface GrpcMetadata {
  get(name: string): readonly (string | Uint8Array)[]
}

/** Metadata that can be written. */
interface OwnMetadata extends GrpcMetadata {
  set(name: string, value: string): void
  clone(): OwnMetadata
}

/** How a call ends, with its trailers. */
interface Status {
  readonly code: number
  readonly details: string
  readonly metadata?: OwnMetadata | null
}

/** The part of a server listener that is used. */
interface Listener {
  onReceiveMetadata(metadata: never): void
}

/** The part of a call that is used. A server interceptor gets this object. */
interface InterceptedCall {
  start(listener: never): void
  sendStatus(status: never): void
  /** The name by which the client calls the server. Only newer versions have it. */
  getHost?(): string
}

/** A server interceptor. It returns a call of @grpc/grpc-js. The type is `never`, because this module does not import that class. */
export type GrpcServerInterceptor = (method: { readonly path: string }, call: InterceptedCall) => never

/** The gRPC status codes of refusals. */
const codes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 503: 14 }
const details: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthenticated',
  403: 'Permission denied',
  503: 'Unavailable'
}

/**
 * Creates a server interceptor for @grpc/grpc-js: `new Server({ interceptors: [requireToken(verifier, rule)] })`. A call passes if its metadata
 * `authorization` contains a token that the rule allows. All other calls end with UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT, UNAVAILABLE or
 * INTERNAL. The rule gets the path of the method as `request.path`. Challenge and DPoP nonce
 * are in the trailers, under the names that they have in HTTP. A call does not show whether it uses TLS, so DPoP proofs must be for `https:` unless
 * you set `externalUrl`.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
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

  return (method, call) => guarded(call, (metadata) => decide(metadata, method.path, call)) as never
}

/** The call, whose handler starts only if the call passes. A refused call ends before. */
function guarded(call: InterceptedCall, decide: (metadata: GrpcMetadata) => Promise<Judgement>): InterceptedCall {
  let told: (status: Status) => Status = (status) => status

  async function receive(metadata: OwnMetadata, listener: Listener): Promise<void> {
    const judgement = await decide(metadata)
    const fields = judgement.passes ? judgement.fields : judgement.answer.headers
    told = (status) => withTrailers(status, fields, metadata)
    if (judgement.passes) listener.onReceiveMetadata(metadata as never)
    else call.sendStatus(told(statusOf(judgement.answer.status)) as never)
  }

  const start = (listener: Listener) =>
    call.start({
      ...bound(listener),
      onReceiveMetadata: (metadata: OwnMetadata) => void receive(metadata, listener)
    } as never)
  const sendStatus = (status: Status) => call.sendStatus(told(status) as never)
  // All other members come from the call itself.
  return new Proxy(call, {
    get(target, name) {
      if (name === 'start') return start
      if (name === 'sendStatus') return sendStatus
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

/** The token of a call that `requireToken` has allowed. @throws ClientConfigurationError if no guard has checked the request before. */
export function accessTokenOf(call: { readonly metadata: GrpcMetadata }): VerifiedToken {
  return tokenOf(call.metadata)
}

/** The token of a call, or undefined if `optional` has let it pass without one. */
export function optionalAccessTokenOf(call: { readonly metadata: GrpcMetadata }): VerifiedToken | undefined {
  return optionalTokenOf(call.metadata)
}

function statusOf(status: number) {
  return { code: codes[status] ?? 13, details: details[status] ?? 'Internal error' }
}

const trailers = ['www-authenticate', 'dpop-nonce']

/** The caller needs them for its next proof. The class of metadata is known from those that were received. */
function withTrailers(status: Status, fields: Readonly<Record<string, string>>, received: OwnMetadata): Status {
  const told = trailers.filter((name) => fields[name] !== undefined)
  if (told.length === 0) return status
  const Metadata = received.constructor as new () => OwnMetadata
  const metadata = status.metadata?.clone() ?? new Metadata()
  for (const name of told) metadata.set(name, String(fields[name]))
  return { ...status, metadata }
}

/** Keeps `this`, because a listener can be an object whose methods need it. */
function bound(listener: object): object {
  const names = ['onReceiveMessage', 'onReceiveHalfClose', 'onCancel'] as const
  const methods = listener as Partial<Record<(typeof names)[number], (...args: unknown[]) => unknown>>
  return Object.fromEntries(names.map((name) => [name, methods[name]?.bind(listener)]))
}
