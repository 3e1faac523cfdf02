/**
 * Copies the own members of an object into one without a prototype, so a member that somebody has put on `Object.prototype` is not an option.
 * Members with symbols are copied too, and getters are read.
 */
export function ownMembers<T extends object>(given: T): T {
  return Object.assign(Object.create(null), given)
}

/** Removes the prototypes of a value that `JSON.parse` has made, at every depth. Returns the same value. */
export function withoutPrototypes<T>(parsed: T): T {
  if (typeof parsed !== 'object' || parsed === null) return parsed
  if (!Array.isArray(parsed)) Object.setPrototypeOf(parsed, null)
  for (const member of Object.values(parsed)) withoutPrototypes(member)
  return parsed
}

const prototype: { readonly [Symbol.iterator]?: unknown } = Object.prototype

/** An iterator on `Object.prototype` is a pollution. */
export function isIterable(given: object): given is Iterable<unknown> {
  return Symbol.iterator in given && given[Symbol.iterator] !== prototype[Symbol.iterator]
}
