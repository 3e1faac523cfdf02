import { type GuardOptions, guardCore } from '../guard-core.ts'
import type { Rule } from '../rules.ts'
import type { TokenCarrier } from '../token-carrier.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** The part that is used of the options that a tRPC adapter passes to `createContext`. */
export interface TrpcContextOptions {
  readonly req: object
  /** The response, from the adapters for Node. */
  readonly res?: object
  /** The headers of the response, from the adapter for fetch. */
  readonly resHeaders?: Headers
}

/** The context that each procedure finds in `ctx`. */
export interface TokenContext {
  readonly accessToken: VerifiedToken
}

/** The tRPC error codes of refusals. */
const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  503: 'SERVICE_UNAVAILABLE'
}

/**
 * Creates a `createContext` for tRPC. It returns `{ accessToken }` if the rule allows the token. For all other requests it sets the challenge and
 * throws an error that tRPC answers with the right status. The `cause` of the error is the refusal.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
 */
export function tokenContext(
  verifier: AccessTokenVerifier,
  rule: Rule,
  options: Omit<GuardOptions<TrpcContextOptions>, 'refusal' | 'optional'> = {}
): (given: TrpcContextOptions) => Promise<TokenContext> {
  const judge = guardCore(verifier, rule, options)
  return async (given) => {
    const judgement = await judge(given.req as TokenCarrier, given)
    if (judgement.passes) {
      setHeaders(given, judgement.fields)
      return { accessToken: judgement.token as VerifiedToken }
    }
    const { status, headers } = judgement.answer
    setHeaders(given, headers)
    throw trpcError(codes[status] ?? 'INTERNAL_SERVER_ERROR', judgement.error)
  }
}

function setHeaders({ res, resHeaders }: TrpcContextOptions, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    resHeaders?.set(name, value)
    if (res !== undefined && 'setHeader' in res && typeof res.setHeader === 'function') res.setHeader(name, value)
  }
}

/** The name is set because tRPC recognizes its errors by their name. */
function trpcError(code: string, cause: Error): Error {
  return Object.assign(new Error(code, { cause }), { name: 'TRPCError', code })
}
