import { ClientConfigurationError } from '../errors.ts'
import { distinct, isScopeToken } from '../token/scope.ts'
import type { VerifiedToken } from './verified-token.ts'

/** What a token must hold for one action. */
export interface Rule {
  /** What a caller who is refused should ask for, if a scope can help. */
  readonly scope: readonly string[]
  /**
   * `true` and nothing else is a yes, inside `anyOf` and `allOf` too. The guards and `authorize` wait for a promise; `demand` cannot, and takes
   * it for a no. `request` is what they were given: the request of the framework.
   */
  allows(token: VerifiedToken, request?: unknown): boolean | Promise<boolean>
  /** No token without a certain scope is allowed: the rule is fit for tokens that do not say whom they are for (`acceptMissingAudience`). */
  readonly asksForScope?: boolean
}

/** All of these scopes. */
export function scopes(...wanted: readonly [string, ...string[]]): Rule {
  if (wanted.length === 0 || !wanted.every((scope) => typeof scope === 'string' && isScopeToken(scope)))
    throw invalid('scopes() needs scope tokens, one after the other', "scopes('read_user', 'list_user')")
  return { scope: wanted, asksForScope: true, allows: ({ scope }) => wanted.every((member) => scope.includes(member)) }
}

/** A scope that begins like this, and goes on: `scopePrefix('users!')` allows `users!read`. */
export function scopePrefix(prefix: string): Rule {
  if (typeof prefix !== 'string' || !isScopeToken(prefix))
    throw invalid('scopePrefix() needs the beginning of a scope', "scopePrefix('users!')")
  return anyScope((scope) => scope.length > prefix.length && scope.startsWith(prefix))
}

/** A scope of this form, in which `*` stands for one character or more: `scopeMatching('admin:*')` allows `admin:users`. */
export function scopeMatching(pattern: string): Rule {
  if (typeof pattern !== 'string' || !isScopeToken(pattern) || !pattern.includes('*') || /^\*+$/.test(pattern))
    throw invalid('scopeMatching() needs a scope with a * in it, and more than that', "scopeMatching('admin:*')")
  return anyScope((scope) => matches(scope, pattern.split('*')))
}

/** All of these roles. */
export function roles(...wanted: readonly [string, ...string[]]): Rule {
  if (wanted.length === 0 || wanted.some((role) => typeof role !== 'string' || role === ''))
    throw invalid('roles() needs the names of roles, one after the other', "roles('admin', 'auditor')")
  return { scope: [], allows: (token) => wanted.every((role) => token.roles.includes(role)) }
}

/** Every token that was verified: nothing is asked beyond that. */
export function authenticated(): Rule {
  return { scope: [], allows: () => true }
}

/** One of these rules is enough. They are asked in their order, until one says yes. */
export function anyOf(...rules: readonly [Rule, ...Rule[]]): Rule {
  checkRules('anyOf', rules)
  // Asking for everything that some alternative wants would be asking for too much: the first one with a scope is the advice.
  const scope = rules.find((rule) => rule.scope.length > 0)?.scope ?? []
  const asksForScope = rules.every((rule) => rule.asksForScope === true)
  return { scope, asksForScope, allows: (token, request) => decided(rules, true, token, request) }
}

/** All of these rules. They are asked in their order, until one says no. */
export function allOf(...rules: readonly [Rule, ...Rule[]]): Rule {
  checkRules('allOf', rules)
  const scope = distinct(rules.flatMap((rule) => rule.scope))
  const asksForScope = rules.some((rule) => rule.asksForScope === true)
  return { scope, asksForScope, allows: (token, request) => decided(rules, false, token, request) }
}

/** The first answer that settles it, a yes or a no; the other one when no rule gives it. At once, unless a rule wants to be waited for. */
function decided(
  rules: readonly Rule[],
  settling: boolean,
  token: VerifiedToken,
  request: unknown
): boolean | Promise<boolean> {
  for (const [index, rule] of rules.entries()) {
    const answer: unknown = rule.allows(token, request)
    if (isLater(answer))
      return Promise.resolve(answer).then((later) =>
        (later === true) === settling ? settling : decided(rules.slice(index + 1), settling, token, request)
      )
    if ((answer === true) === settling) return settling
  }
  return !settling
}

/** A promise, of whatever library. */
export function isLater(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
}

function anyScope(fits: (scope: string) => boolean): Rule {
  return { scope: [], asksForScope: true, allows: ({ scope }) => scope.some(fits) }
}

/** The parts in their order, each as early as possible, with something between them. */
function matches(scope: string, parts: readonly string[]): boolean {
  const [first = '', ...others] = parts
  const last = others.pop() ?? ''
  if (!scope.startsWith(first)) return false
  let at = first.length
  for (const part of others) {
    const found = scope.indexOf(part, at + 1)
    if (found < 0) return false
    at = found + part.length
  }
  return scope.endsWith(last) && scope.length - last.length > at
}

function checkRules(name: string, rules: readonly Rule[]): void {
  if (rules.length > 0 && rules.every((rule) => typeof rule?.allows === 'function' && Array.isArray(rule.scope))) return
  throw invalid(`${name}() needs rules, one after the other`, `${name}(scopes('read_user'), roles('admin'))`)
}

function invalid(fault: string, example: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `${fault}, as in ${example}.`)
}
