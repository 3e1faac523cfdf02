import { checkedFields, kindOf, wrong } from '../wrong-option.ts'
import { answerFor, type RefusalAnswer, type RefusalBody } from './answer-for.ts'
import type { Rule } from './rules.ts'
import type { TokenCarrier } from './token-carrier.ts'
import { TokenRefusedError } from './token-refused-error.ts'
import { isBoundToKey, type VerifiedToken } from './verified-token.ts'
import type { AccessTokenVerifier } from './verifier.ts'

/** The options of every guard. `Context` is the value that the framework passes to its handlers. */
export interface GuardOptions<Context> {
  /** Lets requests without a token pass too. If there is a token, it must be valid. */
  readonly optional?: boolean
  /** Called for each request that passes, with its token. */
  readonly onAllowed?: (token: VerifiedToken, context: Context) => unknown
  /** Called with the reason why a request was refused or could not be checked, which the caller does not see. */
  readonly onRefusal?: (error: Error, context: Context) => unknown
  /** The body of a refusal, such as `problemJson`. The default is empty. It cannot change the status and the challenge. */
  readonly refusal?: (error: Error) => RefusalBody
}

export const guardOptionNames = ['optional', 'onAllowed', 'onRefusal', 'refusal'] as const

/** Checks one request. */
export type Judge<Context> = (carrier: TokenCarrier, context: Context) => Promise<Judgement>

/** The result of a guard: the request passes, with its token if it has one, or it gets this answer. */
export type Judgement =
  | {
      readonly passes: true
      readonly token: VerifiedToken | undefined
      /** The value of `DPoP-Nonce` for the answer, whoever sends it. */
      readonly fields: Readonly<Record<string, string>>
    }
  | { readonly passes: false; readonly answer: RefusalAnswer; readonly error: Error }

/** @throws ClientConfigurationError without a rule, and for wrong options. */
export function guardCore<Context>(
  verifier: AccessTokenVerifier,
  rule: Rule,
  given: GuardOptions<Context> = {}
): Judge<Context> {
  const options = checkedGuard(verifier, rule, given, guardOptionNames)

  return async (carrier, context) => {
    try {
      const token = await verifier.authorize(carrier, rule, context)
      void tell('onAllowed', () => options.onAllowed?.(token, context))
      return { passes: true, token, fields: nonceFields(verifier, token) }
    } catch (thrown) {
      const error = thrown as Error
      if (options.optional === true && isAnonymous(error)) return { passes: true, token: undefined, fields: {} }
      void tell('onRefusal', () => options.onRefusal?.(error, context))
      return { passes: false, answer: await refusalAnswer(error, options), error }
    }
  }
}

/** The answer to a refused request, with the body that the user wants. */
export async function refusalAnswer(
  error: Error,
  { refusal }: Pick<GuardOptions<never>, 'refusal'>
): Promise<RefusalAnswer> {
  const answer = answerFor(error)
  const own = await tell('refusal', () => refusal?.(error))
  if (typeof own?.body !== 'string') return answer
  return { ...answer, body: own.body, headers: { ...own.headers, ...answer.headers } }
}

/** Checks the options of a guard, and that its rule can be used with the verifier. @throws ClientConfigurationError */
export function checkedGuard<Options extends object>(
  verifier: AccessTokenVerifier,
  rule: Rule,
  given: Options,
  known: readonly string[]
): Options {
  if (typeof rule?.allows !== 'function')
    wrong('requireToken()', 'needs a rule', "Give one, such as scopes('read_user').", 'ERR_MISSING_OPTION')
  const options = checkedFields('requireToken options', given, known)
  verifier.checkRule(rule)
  return options
}

/** Returns the nonce for the next proof, so that the client has it before its current nonce expires (RFC 9449 §8.2). */
export function nonceFields(verifier: AccessTokenVerifier, token: VerifiedToken): Readonly<Record<string, string>> {
  const nonce = isBoundToKey(token) ? verifier.dpopNonce() : undefined
  return nonce === undefined ? {} : { 'dpop-nonce': nonce }
}

export function isAnonymous(error: unknown): boolean {
  return error instanceof TokenRefusedError && error.reason === 'no_token'
}

/** Calls a function of the options. If it fails, this becomes a warning, because an unhandled rejection would end the process. */
export async function tell<Answer>(listener: string, call: () => Answer): Promise<Awaited<Answer> | undefined> {
  try {
    return await call()
  } catch (failure) {
    warn(`${listener} of requireToken() failed.`, failure)
    return undefined
  }
}

export function warn(message: string, failure: unknown): void {
  const detail =
    failure instanceof Error && failure.stack !== undefined ? failure.stack : `It threw ${kindOf(failure)}.`
  process.emitWarning(message, { detail })
}
