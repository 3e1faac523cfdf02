import { distinct, splitScope } from '../token/scope.ts'
import type { JsonObject } from './compact-jws.ts'
import type { AudiencePlace, ClaimPath, NamesPlace } from './profiles/token-profile.ts'

/** The value at a path; undefined if there is none, or an inherited one. */
export function claimAt(claims: JsonObject, path: ClaimPath): unknown {
  let value: unknown = claims
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

/** The names at a place, each once; none, if they are written in another form. */
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
  if (form === 'keys') return isObject(value) && !Array.isArray(value) ? Object.keys(value) : []
  if (typeof value === 'string' && form === 'words') return splitScope(value)
  if (typeof value === 'string' && form === 'text') return [value]
  return Array.isArray(value) && value.every((member) => typeof member === 'string') ? distinct(value) : []
}

/**
 * Whom the token is for, by the first place that names somebody. What is named there need not be text. Nobody, if there are such places, and
 * undefined if there is none.
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

/** Which of the paths leads to the client's id; undefined if none does. */
export function clientIdPath(claims: JsonObject, paths: readonly ClaimPath[]): ClaimPath | undefined {
  return paths.find((path) => textAt(claims, path) !== undefined)
}

/** A text that is not empty. Only in `aud` a list with one member counts as such a text. */
export function textAt(claims: JsonObject, path: ClaimPath): string | undefined {
  const value = claimAt(claims, path)
  const text = path[0] === 'aud' && Array.isArray(value) && value.length === 1 ? value[0] : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null
}
