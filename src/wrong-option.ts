import { ClientConfigurationError, type ErrorCode } from './errors.ts'
import { knownNames } from './known-names.ts'
import { isIterable, ownMembers } from './own-members.ts'

/** The error names the option and says what is wrong with it and what to do. It never contains the value, which can be a secret. */
export function wrong(option: string, fault: string, remedy: string, code: ErrorCode = 'ERR_INVALID_OPTION'): never {
  throw new ClientConfigurationError(code, `${option} ${fault}. ${remedy}`)
}

/** Describes the kind of a value without showing the value. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value === '') return 'an empty string'
  if (typeof value !== 'object') return `a ${typeof value}`
  return isIterable(value) ? 'an iterable' : 'an object'
}

/** A Map or URLSearchParams has no own members, so all of it would be ignored silently. */
export function plainObject(option: string, value: unknown, remedy: string): asserts value is Record<string, unknown> {
  const plain = typeof value === 'object' && value !== null && !isIterable(value)
  if (!plain) wrong(option, `must be an object, but is ${kindOf(value)}`, remedy)
}

export function onlyKnown(option: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown === undefined) return
  wrong(`${option}.${shownName(unknown)}`, 'is not an option', knownNames(unknown, known), 'ERR_UNKNOWN_OPTION')
}

/** A name that nobody would choose can be a secret in the wrong place. */
export function shownName(name: string): string {
  return /^[\w$. -]{1,40}$/.test(name) ? name : '(a name that is not shown)'
}

/** Returns the own members of an object. A member that nobody reads is an error. */
export function checkedFields<T extends object>(where: string, given: T, known: readonly string[]): T {
  plainObject(where, given, `Give an object with some of: ${known.join(', ')}.`)
  onlyKnown(where, given, known)
  return ownMembers(given as T)
}

/** For an option with several forms: refuses members of a form other than that of `member`. */
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

export interface Range {
  readonly least: number
  readonly most?: number
}

export function wholeNumber(option: string, value: unknown, range: Range, unit = 'a whole number'): number {
  const { least, most } = range
  const remedy = `Give ${unit}${most === undefined ? `, at least ${least}` : ` from ${least} to ${most}`}.`
  if (typeof value !== 'number') wrong(option, `must be a number, but is ${kindOf(value)}`, remedy)
  const isIn = Number.isInteger(value) && value >= least && value <= (most ?? value)
  if (!isIn) wrong(option, 'is out of range', remedy)
  return value
}

export function milliseconds(option: string, value: unknown, range: Range): number {
  return wholeNumber(option, value, range, 'whole milliseconds')
}

export function trueOrFalse(option: string, value: unknown): boolean {
  if (typeof value !== 'boolean')
    wrong(option, `must be true or false, but is ${kindOf(value)}`, 'Give one of them, or leave it out.')
  return value
}

/** The value must be one of several words. */
export function oneOf<Word extends string>(option: string, value: unknown, words: readonly Word[]): Word {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  wrong(option, `must be one of ${words.join(', ')}`, 'Give one of them.')
}

export function functionOption<Given>(option: string, value: Given, remedy: string): Given {
  if (typeof value !== 'function') wrong(option, `must be a function, but is ${kindOf(value)}`, remedy)
  return value
}

/** The value must be an array of strings that are not empty. */
export function stringList(option: string, value: unknown): readonly string[] {
  const remedy = 'Give an array with at least one string.'
  if (!Array.isArray(value) || value.length === 0)
    wrong(option, `must be an array of strings, but is ${kindOf(value)}`, remedy)
  if (!value.every((member) => typeof member === 'string' && member.trim() !== ''))
    wrong(option, 'contains something that is not a string, or an empty string', remedy)
  return [...value]
}
