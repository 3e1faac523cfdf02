import type { GuardOptions } from '../guard-core.ts'
import { guardCore } from '../guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from '../guarded-contexts.ts'
import type { Rule } from '../rules.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** The part of a context of Hono that is used. */
export interface HonoContext {
  readonly req: { readonly raw: Request }
  header(name: string, value: string): void
}

/** Middleware of Hono. */
export type HonoGuard = (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined>

/**
 * Lets a request pass if it has a token that the rule allows, and answers all others as RFC 6750 §3 says.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
 */
export function requireToken(
  verifier: AccessTokenVerifier,
  rule: Rule,
  options: GuardOptions<HonoContext> = {}
): HonoGuard {
  const judge = guardCore(verifier, rule, options)
  return async (context, next) => {
    const judgement = await judge(context.req.raw, context)
    if (!judgement.passes) {
      const { body, ...answer } = judgement.answer
      return new Response(body, answer)
    }
    rememberToken(context, judgement.token)
    await next()
    for (const [name, value] of Object.entries(judgement.fields)) context.header(name, value)
    return undefined
  }
}

/** The token of a request that `requireToken` has allowed. @throws ClientConfigurationError if no guard has checked the request before. */
export function accessTokenOf(context: HonoContext): VerifiedToken {
  return tokenOf(context)
}

/** The token of a request, or undefined if `optional` has let it pass without one. */
export function optionalAccessTokenOf(context: HonoContext): VerifiedToken | undefined {
  return optionalTokenOf(context)
}
