import { ClientConfigurationError } from '../errors.ts'
import { distinct, isScopeToken } from '../token/scope.ts'
import type { VerifiedToken } from './verified-token.ts'

/** What a token must contain for one action. */
export interface Rule {
  /** The scope that a refused caller should ask for, if a scope can help. */
  readonly scope: readonly string[]
  /**
   * Only the value `true` means yes, inside `anyOf` and `allOf` too. The guards and `authorize` wait for a promise. `demand` cannot, so it treats
   * a promise as no. `request` is the request of the framework.
   */
  allows(token: VerifiedToken, request?: unknown): boolean | Promise<boolean>
  /** Whether the rule requires a scope, so that it can be used for tokens without an audience (`acceptMissingAudience`). */
  readonly asksForScope?: boolean
}

/** Requires all of these scopes. */
export function scopes(...wanted: readonly [string, ...string[]]): Rule {
  if (wanted.length === 0 || !wanted.every((scope) => typeof scope === 'string' && isScopeToken(scope)))
    throw invalid('scopes() needs scopes as separate arguments', "scopes('read_user', 'list_user')")
  return { scope: wanted, asksForScope: true, allows: ({ scope }) => wanted.every((member) => scope.includes(member)) }
}

/** Requires a scope that begins with this text and continues: `scopePrefix('users!')` allows `users!read`. */
export function scopePrefix(prefix: string): Rule {
  if (typeof prefix !== 'string' || !isScopeToken(prefix))
    throw invalid('scopePrefix() needs the beginning of a scope', "scopePrefix('users!')")
  return anyScope((scope) => scope.length > prefix.length && scope.startsWith(prefix))
}

/** Requires a scope of this form. `*` stands for one or more characters: `scopeMatching('admin:*')` allows `admin:users`. */
export function scopeMatching(pattern: string): Rule {
  if (typeof pattern !== 'string' || !isScopeToken(pattern) || !pattern.includes('*') || /^\*+$/.test(pattern))
    throw invalid('scopeMatching() needs a scope with a *, but not only a *', "scopeMatching('admin:*')")
  return anyScope((scope) => matches(scope, pattern.split('*')))
}

/** Requires all of these roles. */
export function roles(...wanted: readonly [string, ...string[]]): Rule {
  if (wanted.length === 0 || wanted.some((role) => typeof role !== 'string' || role === ''))
    throw invalid('roles() needs the names of roles as separate arguments', "roles('admin', 'auditor')")
  return { scope: [], allows: (token) => wanted.every((role) => token.roles.includes(role)) }
}

/** Allows every verified token. */
export function authenticated(): Rule {
  return { scope: [], allows: () => true }
}

/** Requires at least one of these rules. They are asked in their order until one says yes. */
export function anyOf(...rules: readonly [Rule, ...Rule[]]): Rule {
  checkRules('anyOf', rules)
  // The scopes of all alternatives together would be too much, so the caller is told the first alternative with a scope.
  const scope = rules.find((rule) => rule.scope.length > 0)?.scope ?? []
  const asksForScope = rules.every((rule) => rule.asksForScope === true)
  return { scope, asksForScope, allows: (token, request) => decided(rules, true, token, request) }
}

/** Requires all of these rules. They are asked in their order until one says no. */
export function allOf(...rules: readonly [Rule, ...Rule[]]): Rule {
  checkRules('allOf', rules)
  const scope = distinct(rules.flatMap((rule) => rule.scope))
  const asksForScope = rules.some((rule) => rule.asksForScope === true)
  return { scope, asksForScope, allows: (token, request) => decided(rules, false, token, request) }
}

/** Stops at the first rule that gives this answer, yes or no. If no rule does, the result is the opposite. It is a promise only if a rule returns one. */
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

/** Whether the value is a promise of any library. */
export function isLater(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
}

function anyScope(fits: (scope: string) => boolean): Rule {
  return { scope: [], asksForScope: true, allows: ({ scope }) => scope.some(fits) }
}

/** Whether the scope consists of the parts in their order, with at least one character between two parts. */
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
  throw invalid(`${name}() needs rules as separate arguments`, `${name}(scopes('read_user'), roles('admin'))`)
}

function invalid(fault: string, example: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `${fault}, as in ${example}.`)
}
