/**
 * A copy of an object with its own members, and without a prototype: what somebody has put on `Object.prototype` is no option. Members by
 * symbols are copied too, getters are read.
 */
export function ownMembers<T extends object>(given: T): T {
  return Object.assign(Object.create(null), given)
}

/** Takes the prototypes away from a value that `JSON.parse` has made, all the way down. It is the same value. */
export function withoutPrototypes<T>(parsed: T): T {
  if (typeof parsed !== 'object' || parsed === null) return parsed
  if (!Array.isArray(parsed)) Object.setPrototypeOf(parsed, null)
  for (const member of Object.values(parsed)) withoutPrototypes(member)
  return parsed
}
