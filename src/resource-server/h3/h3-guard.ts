import { type GuardOptions, guardCore } from '../guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from '../guarded-contexts.ts'
import type { Rule } from '../rules.ts'
import type { ReceivedRequest, TokenCarrier } from '../token-carrier.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

interface NodeResponse {
  setHeader(name: string, value: string): unknown
}

/** The part of an event of h3, version 1 or 2, that is used. */
export interface H3EventLike {
  readonly node?: { readonly req: ReceivedRequest; readonly res?: NodeResponse | undefined } | undefined
  readonly req?: unknown
  readonly res?: { readonly headers: Headers }
}

/** Middleware of h3: `app.use(requireToken(verifier, rule))`, or `onRequest` of a handler. */
export type H3Guard = (event: H3EventLike) => Promise<Response | undefined>

/**
 * Lets a request pass if it has a token that the rule allows, and answers all others as RFC 6750 §3 says.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
 */
export function requireToken(
  verifier: AccessTokenVerifier,
  rule: Rule,
  options: GuardOptions<H3EventLike> = {}
): H3Guard {
  const judge = guardCore(verifier, rule, options)
  return async (event) => {
    // The Node request is preferred, because tokens that are bound to a certificate need its connection.
    const judgement = await judge(event.node?.req ?? (event.req as TokenCarrier), event)
    if (judgement.passes) {
      rememberToken(event, judgement.token)
      setHeaders(event, judgement.fields)
      return undefined
    }
    const { body, ...answer } = judgement.answer
    return new Response(body, answer)
  }
}

/** Version 2 has its own headers. Version 1 uses those of Node. */
function setHeaders({ res, node }: H3EventLike, fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (res === undefined) node?.res?.setHeader(name, value)
    else res.headers.set(name, value)
  }
}

/** The token of a request that `requireToken` has allowed. @throws ClientConfigurationError if no guard has checked the request before. */
export function accessTokenOf(event: H3EventLike): VerifiedToken {
  return tokenOf(event)
}

/** The token of a request, or undefined if `optional` has let it pass without one. */
export function optionalAccessTokenOf(event: H3EventLike): VerifiedToken | undefined {
  return optionalTokenOf(event)
}
