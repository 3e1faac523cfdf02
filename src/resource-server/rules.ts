import { ClientConfigurationError } from '../errors.ts'
import { distinct, isScopeToken } from '../token/scope.ts'
import type { VerifiedToken } from './verified-token.ts'

/** What a token must hold for one action. */
export interface Rule {
  /** What a caller who is refused should ask for, if a scope can help. */
  readonly scope: readonly string[]
  /** `true` and nothing else is a yes, inside `anyOf` and `allOf` too. A promise is a no. */
  allows(token: VerifiedToken): boolean
  /** No token without a certain scope is allowed: the rule is fit for tokens that do not say whom they are for (`acceptMissingAudience`). */
  readonly asksForScope?: boolean
}

/** All of these scopes. */
export function scopes(...wanted: readonly [string, ...string[]]): Rule {
  if (wanted.length === 0 || !wanted.every(isScopeToken))
    throw invalid('scopes() needs scope tokens', "scopes('read_user')")
  return { scope: wanted, asksForScope: true, allows: ({ scope }) => wanted.every((member) => scope.includes(member)) }
}

/** All of these roles. */
export function roles(...wanted: readonly [string, ...string[]]): Rule {
  if (wanted.length === 0 || wanted.some((role) => typeof role !== 'string' || role === ''))
    throw invalid('roles() needs the names of roles', "roles('admin')")
  return { scope: [], allows: (token) => wanted.every((role) => token.roles.includes(role)) }
}

/** Every token that was verified: nothing is asked beyond that. */
export function authenticated(): Rule {
  return { scope: [], allows: () => true }
}

/** One of these rules is enough. */
export function anyOf(...rules: readonly [Rule, ...Rule[]]): Rule {
  if (rules.length === 0) throw invalid('anyOf() needs rules', "anyOf(scopes('read_user'), roles('admin'))")
  // Asking for everything that some alternative wants would be asking for too much: the first one with a scope is the advice.
  const scope = rules.find((rule) => rule.scope.length > 0)?.scope ?? []
  const asksForScope = rules.every((rule) => rule.asksForScope === true)
  return { scope, asksForScope, allows: (token) => rules.some((rule) => rule.allows(token) === true) }
}

/** All of these rules. */
export function allOf(...rules: readonly [Rule, ...Rule[]]): Rule {
  if (rules.length === 0) throw invalid('allOf() needs rules', "allOf(scopes('read_user'), roles('admin'))")
  const scope = distinct(rules.flatMap((rule) => rule.scope))
  const asksForScope = rules.some((rule) => rule.asksForScope === true)
  return { scope, asksForScope, allows: (token) => rules.every((rule) => rule.allows(token) === true) }
}

function invalid(fault: string, example: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `${fault}, as in ${example}.`)
}
