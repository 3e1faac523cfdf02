import { type GuardOptions, guardCore } from '../guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from '../guarded-contexts.ts'
import type { Rule } from '../rules.ts'
import { type ReceivedRequest, receivedRequest } from '../token-carrier.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** The part of a context of Koa that is used. */
export interface KoaContext {
  readonly req: ReceivedRequest
  readonly request: object
  readonly headerSent: boolean
  status: number
  body: unknown
  set(fields: { [name: string]: string }): unknown
}

/** Middleware of Koa. */
export type KoaGuard = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>

/**
 * Lets a request pass if it has a token that the rule allows, and answers all others as RFC 6750 §3 says.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
 */
export function requireToken(
  verifier: AccessTokenVerifier,
  rule: Rule,
  options: GuardOptions<KoaContext> = {}
): KoaGuard {
  const judge = guardCore(verifier, rule, options)
  return async (context, next) => {
    const body = 'body' in context.request ? context.request.body : undefined
    const judgement = await judge(receivedRequest(context.req, body), context)
    // If somebody else has answered in the meantime, the request is over.
    if (context.headerSent) return
    if (judgement.passes) {
      rememberToken(context, judgement.token)
      context.set({ ...judgement.fields })
      await next()
      return
    }
    const { answer } = judgement
    context.body = answer.body
    context.status = answer.status
    context.set({ ...answer.headers })
  }
}

/** The token of a request that `requireToken` has allowed. @throws ClientConfigurationError if no guard has checked the request before. */
export function accessTokenOf(context: KoaContext): VerifiedToken {
  return tokenOf(context)
}

/** The token of a request, or undefined if `optional` has let it pass without one. */
export function optionalAccessTokenOf(context: KoaContext): VerifiedToken | undefined {
  return optionalTokenOf(context)
}
