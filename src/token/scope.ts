/** One scope token (RFC 6749 §3.3): printable ASCII without space, `"` and `\`. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

export function isScopeToken(text: string): boolean {
  return scopeToken.test(text)
}

/** The members of a space-delimited scope in their order, without repetitions. Extra spaces are ignored. */
export function splitScope(text: string): string[] {
  return distinct(text.split(' ').filter((member) => member !== ''))
}

export function joinScope(scope: readonly string[]): string {
  return scope.join(' ')
}

export function distinct(members: readonly string[]): string[] {
  return members.length < 2 ? members.slice() : Array.from(new Set(members))
}

/** The members of `wanted` that are not in `held`. Scopes are compared as case-sensitive sets. */
export function missingScope(wanted: readonly string[], held: readonly string[]): string[] {
  return wanted.filter((member) => !held.includes(member))
}
