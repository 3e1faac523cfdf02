import type { AccessToken } from '../token/access-token.ts'
import type { HeaderFields } from './header-fields.ts'
import type { Route } from './routes.ts'
import { noteCall } from './usage.ts'

/** A request that is about to show a token. */
export interface Presenting {
  readonly route: Pick<Route, 'header' | 'scheme' | 'usage'>
}

/** The name of the field that shows a token, in lower case. */
export function headerOf({ header = 'authorization' }: Pick<Route, 'header'>): string {
  return header
}

/** The value of that field (RFC 9110 §11.4): by RFC 6750 §2.1, where the rule does not say otherwise. */
export function credentialsOf(token: AccessToken, { scheme }: Pick<Route, 'scheme'>): string {
  if (scheme === undefined) return token.authorization
  return scheme === '' ? token.value : `${scheme} ${token.value}`
}

/**
 * The header fields of a request that shows this token: the one place where they are made. `fields` are the request's others, in a copy
 * of ours. An object is completed, so that the fields of a second attempt replace those of the first.
 */
export function present(token: AccessToken, { route }: Presenting, fields: HeaderFields = {}): HeaderFields {
  const name = headerOf(route)
  const value = credentialsOf(token, route)
  if (route.usage !== undefined) noteCall(route.usage)
  if (Array.isArray(fields)) return [...fields, name, value]
  fields[name] = value
  return fields
}
