import { type GuardOptions, guardCore } from '../guard-core.ts'
import type { Rule } from '../rules.ts'
import type { TokenCarrier } from '../token-carrier.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** What is used of what an adapter of tRPC hands to `createContext`. */
export interface TrpcContextOptions {
  readonly req: object
  /** Of the adapters for Node. */
  readonly res?: object
  /** Of the adapter for fetch. */
  readonly resHeaders?: Headers
}

/** What `createContext` gives, and each procedure finds in `ctx`. */
export interface TokenContext {
  readonly accessToken: VerifiedToken
}

/** The codes of tRPC for what a refusal is. */
const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  503: 'SERVICE_UNAVAILABLE'
}

/**
 * `createContext` of tRPC: `{ accessToken }` for a request whose token the rule allows. For all others it sets the challenge and throws what tRPC
 * answers with the right status; the error's `cause` is the refusal.
 * @throws ClientConfigurationError without a rule: nothing is allowed by default.
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

/** tRPC knows its errors by their name. */
function trpcError(code: string, cause: Error): Error {
  return Object.assign(new Error(code, { cause }), { name: 'TRPCError', code })
}
