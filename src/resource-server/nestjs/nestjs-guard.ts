import { ClientConfigurationError } from '../../errors.ts'
import { httpErrorFor } from '../answer-for.ts'
import { type GuardOptions, guardCore } from '../guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from '../guarded-contexts.ts'
import type { Rule } from '../rules.ts'
import type { ReceivedRequest } from '../token-carrier.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** A request of Express or of Fastify. */
export type NestRequest = ReceivedRequest | { readonly raw: ReceivedRequest; readonly body?: unknown }

/** The part of an `ExecutionContext` that is used. */
export interface NestContext {
  getType(): string
  switchToHttp(): { getRequest(): NestRequest; getResponse(): unknown }
}

/** A guard of NestJS: `@UseGuards(requireToken(verifier, rule))`. */
export interface NestGuard {
  canActivate(context: NestContext): Promise<boolean>
}

/**
 * Lets a request pass if it has a token that the rule allows. For all others it sets the challenge and throws an error with a `statusCode`, which
 * Nest's exception filters answer. The `cause` of the error is the refusal.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
 */
export function requireToken(
  verifier: AccessTokenVerifier,
  rule: Rule,
  options: Omit<GuardOptions<NestContext>, 'refusal'> = {}
): NestGuard {
  const judge = guardCore(verifier, rule, options)
  return {
    async canActivate(context) {
      if (context.getType() !== 'http')
        throw new ClientConfigurationError(
          'ERR_INVALID_OPTION',
          'requireToken() of NestJS only guards HTTP requests. For others, use verifier.authorize() and answerFor().'
        )
      const http = context.switchToHttp()
      const request = http.getRequest()
      const judgement = await judge(request, context)
      if (judgement.passes) {
        rememberToken(incomingOf(request), judgement.token)
        setHeaders(http.getResponse(), judgement.fields)
        return true
      }
      setHeaders(http.getResponse(), judgement.answer.headers)
      throw httpErrorFor(judgement.error)
    }
  }
}

/** The token of a request that `requireToken` has allowed. @throws ClientConfigurationError if no guard has checked the request before. */
export function accessTokenOf(request: NestRequest): VerifiedToken {
  return tokenOf(incomingOf(request))
}

/** The token of a request, or undefined if `optional` has let it pass without one. */
export function optionalAccessTokenOf(request: NestRequest): VerifiedToken | undefined {
  return optionalTokenOf(incomingOf(request))
}

function incomingOf(request: NestRequest): object {
  return 'rawHeaders' in request ? request : request.raw
}

/** Sets the header fields, unless somebody has answered already. The method is `setHeader` in Express and `header` in Fastify. */
function setHeaders(response: unknown, headers: Readonly<Record<string, string>>): void {
  const named = response as Partial<Record<'setHeader' | 'header', (name: string, value: string) => unknown>>
  const set = (named.setHeader ?? named.header)?.bind(response)
  try {
    for (const [name, value] of Object.entries(headers)) set?.(name, value)
  } catch {
    // The error that follows ends the request.
  }
}
