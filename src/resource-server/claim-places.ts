import { isAnyObject } from '../any-object.ts'
import { isRecord } from '../record.ts'
import { distinct, splitScope } from '../token/scope.ts'
import type { JsonObject } from './compact-jws.ts'
import type { AudiencePlace, ClaimPath, NamesPlace } from './profiles/token-profile.ts'

/** Returns the value at a path. It is undefined if there is none or if it is inherited. */
export function claimAt(claims: JsonObject, path: ClaimPath): unknown {
  let value: unknown = claims
  for (const name of path) value = isAnyObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

/** Returns the names at a place without duplicates. The list is empty if the value has another form. */
export function namesAt(
  claims: JsonObject,
  { at, form = 'list', prefix = '', onlyPrefixed = false }: NamesPlace
): string[] {
  const names = namesIn(claimAt(claims, at), form)
  if (prefix === '') return names
  const ours = onlyPrefixed ? names.filter((name) => name.startsWith(prefix)) : names
  return distinct(ours.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name)))
}

function namesIn(value: unknown, form: NonNullable<NamesPlace['form']>): string[] {
  if (form === 'keys') return isRecord(value) ? Object.keys(value) : []
  if (typeof value === 'string' && form === 'words') return splitScope(value)
  if (typeof value === 'string' && form === 'text') return [value]
  return Array.isArray(value) && value.every((member) => typeof member === 'string') ? distinct(value) : []
}

/**
 * Returns the audience from the first place that has one. Its members can be of any type. The result is an empty list if the places exist but
 * name nobody, and undefined if none exists.
 */
export function audienceOf(claims: JsonObject, places: readonly AudiencePlace[]): readonly unknown[] | undefined {
  let found: readonly unknown[] | undefined
  for (const { at, until } of places) {
    const value = claimAt(claims, at)
    if (value === undefined) continue
    found = typeof value === 'string' && at[0] === 'scope' ? splitScope(value) : Array.isArray(value) ? value : [value]
    if (found.length > 0) return until === undefined ? found : found.map((name) => upTo(until, name))
  }
  return found
}

function upTo(end: string, name: unknown): unknown {
  return typeof name === 'string' ? name.split(end, 1)[0] : name
}

/** Returns the first path that leads to a client id, or undefined if none does. */
export function clientIdPath(claims: JsonObject, paths: readonly ClaimPath[]): ClaimPath | undefined {
  return paths.find((path) => textAt(claims, path) !== undefined)
}

/** Returns a string that is not empty. Only in `aud`, a list with one string counts as well. */
export function textAt(claims: JsonObject, path: ClaimPath): string | undefined {
  const value = claimAt(claims, path)
  const text = path[0] === 'aud' && Array.isArray(value) && value.length === 1 ? value[0] : value
  return typeof text === 'string' && text !== '' ? text : undefined
}
