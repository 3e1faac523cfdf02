import { ClientConfigurationError, type ErrorCode } from './errors.ts'
import { ownMembers } from './own-members.ts'

/** Names the option, says what is wrong with it and what to do. Never repeats its value: that can be a secret. */
export function wrong(option: string, fault: string, remedy: string, code: ErrorCode = 'ERR_INVALID_OPTION'): never {
  throw new ClientConfigurationError(code, `${option} ${fault}. ${remedy}`)
}

/** What a value is, without showing it. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value === '') return 'an empty string'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function plainObject(option: string, value: unknown, remedy: string): asserts value is Record<string, unknown> {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!plain) wrong(option, `must be an object, but is ${kindOf(value)}`, remedy)
}

export function onlyKnown(option: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const remedy = `Remove it or fix its spelling; known are: ${known.join(', ')}.`
  wrong(`${option}.${unknown}`, 'is not an option', remedy, 'ERR_UNKNOWN_OPTION')
}

/** The own members of an object, in which there is nothing that nobody reads. */
export function checkedFields<T extends object>(where: string, given: T, known: readonly string[]): T {
  plainObject(where, given, `Give an object with some of: ${known.join(', ')}.`)
  onlyKnown(where, given, known)
  return ownMembers(given as T)
}

/** Where an option has several forms: refuses what belongs to another one than `member` stands for. */
export function exclusive(option: string, given: object, member: string, others: readonly string[]): void {
  const other = Object.entries(given).find(([name, value]) => others.includes(name) && value !== undefined)?.[0]
  if (other === undefined) return
  wrong(`${option}.${other}`, `cannot be combined with ${member}`, 'Keep one of the two.', 'ERR_CONFLICTING_OPTIONS')
}

export function nonEmptyString(option: string, value: unknown, remedy: string): string {
  if (value === undefined) wrong(option, 'is missing', remedy, 'ERR_MISSING_OPTION')
  if (typeof value !== 'string') wrong(option, `must be a string, but is ${kindOf(value)}`, remedy)
  if (value.trim() === '') wrong(option, 'is empty', remedy)
  return value
}
