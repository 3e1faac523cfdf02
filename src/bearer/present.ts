import { type AccessToken, proverOf } from '../token/access-token.ts'
import type { ProvenCall } from '../token/prover.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import type { HeaderFields } from './header-fields.ts'
import type { Route } from './routes.ts'
import { noteCall } from './usage.ts'

/** A request that is about to show a token. The same object for all attempts of it. */
export interface Presenting {
  readonly route: Pick<Route, 'origin' | 'header' | 'scheme' | 'usage'>
  /** As they are on the wire: a proof names them. */
  readonly options: { readonly method: string; readonly path: string }
  /** What this request has tried to prove, once it has. */
  proven?: ProvenCall
  /** Its token was refused and has been replaced. */
  hasNewToken?: boolean
}

/** The name of the field that shows a token, in lower case. */
export function headerOf({ header = 'authorization' }: Pick<Route, 'header'>): string {
  return header
}

/** The value of that field (RFC 9110 §11.4): by RFC 6750 §2.1 or RFC 9449 §7.1, where the rule does not say otherwise. */
export function credentialsOf(token: AccessToken, { scheme }: Pick<Route, 'scheme'>): string {
  if (scheme === undefined) return token.authorization
  return scheme === '' ? token.value : `${scheme} ${token.value}`
}

/**
 * The header fields of a request that shows this token: the one place where they are made. `fields` are the request's others, in a copy
 * of ours. An object is completed, so that the fields of a second attempt replace those of the first. A promise only for a DPoP token
 * whose key is elsewhere. It rejects with `ERR_SECRET_UNAVAILABLE`, and with `ERR_TIMEOUT` when the patience of the caller is over.
 */
export function present(
  token: AccessToken,
  presenting: Presenting,
  patience: BegunPatience,
  fields: HeaderFields = {}
): HeaderFields | Promise<HeaderFields> {
  const { route } = presenting
  if (route.usage !== undefined) noteCall(route.usage)
  const shown = withField(fields, headerOf(route), credentialsOf(token, route))
  return token.type === 'DPoP' ? withProof(token, presenting, patience, shown) : shown
}

/** Each sending has a proof of its own (RFC 9449 §4.2). */
function withProof(
  token: AccessToken,
  presenting: Presenting,
  patience: BegunPatience,
  shown: HeaderFields
): HeaderFields | Promise<HeaderFields> {
  const { origin } = presenting.route
  const { method, path } = presenting.options
  const call = callOf(token, presenting)
  const [pathOnWire = ''] = path.split(/[?#]/, 1)
  const proof = call.proof({ method, url: origin + pathOnWire, token: token.value, patience })
  const others = withoutProof(shown)
  return typeof proof === 'string'
    ? withField(others, 'dpop', proof)
    : proof.then((signed) => withField(others, 'dpop', signed))
}

/** A replacement token can be bound to another key. */
function callOf(token: AccessToken, presenting: Presenting): ProvenCall {
  const prover = token[proverOf]
  if (prover === undefined) throw new TypeError('A DPoP token has no prover.')
  if (presenting.proven?.prover !== prover) presenting.proven = prover.begin(presenting.route.origin, 'resource-server')
  return presenting.proven
}

function withField(fields: HeaderFields, name: string, value: string): HeaderFields {
  if (Array.isArray(fields)) return [...fields, name, value]
  fields[name] = value
  return fields
}

/** A proof of the caller's, or of the attempt before, is about something else. */
function withoutProof(fields: HeaderFields): HeaderFields {
  const isProof = (name: unknown) => typeof name === 'string' && name.toLowerCase() === 'dpop'
  if (Array.isArray(fields)) return fields.filter((_, index) => !isProof(fields[index - (index % 2)]))
  for (const name of Object.keys(fields)) if (isProof(name)) delete fields[name]
  return fields
}
