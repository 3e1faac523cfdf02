import { isIterable } from '../own-members.ts'
import type { RequestHeaders } from './dispatch.ts'
import { isOwnHost } from './own-host.ts'

/** Header fields in a copy of ours, without the one that shows the token: names and values in turn, or an object. */
export type HeaderFields = unknown[] | Record<string, unknown>

/** Headers to which no token may be added: the caller's own, or a copy if they can be read only once. */
export class CallersHeaders {
  readonly headers: RequestHeaders

  constructor(headers: unknown) {
    this.headers = headers as RequestHeaders
  }
}

/** Headers with a `Host` that is not the one of the request's origin. */
export const hostElsewhere = Symbol('a Host that is not the origin’s own')

/**
 * Copies headers from every form that undici accepts. No token is added if the caller has set the header of the token, or if the
 * headers are malformed, which undici then refuses with its own message. A `Host` of the origin itself is left out, because
 * undici writes it.
 */
export function copyHeaders(
  headers: unknown,
  origin: string | undefined,
  header = 'authorization'
): HeaderFields | CallersHeaders | typeof hostElsewhere {
  if (headers === undefined || headers === null) return {}
  if (typeof headers !== 'object') return new CallersHeaders(headers)
  if (Array.isArray(headers))
    return copyList(Array.isArray(headers[0]) ? flatten(headers) : headers, headers, origin, header)
  if (!isIterable(headers)) return copyObject(headers, origin, header)
  const entries = [...headers] // once only: it may be a generator
  return copyList(flatten(entries), entries.values(), origin, header)
}

function copyObject(headers: object, origin: string | undefined, header: string): ReturnType<typeof copyHeaders> {
  const fields: Record<string, unknown> = { ...headers }
  let elsewhere = false
  for (const name in fields) {
    const role = roleOf(name, header)
    if (role === undefined || !Object.hasOwn(fields, name)) continue
    if (isAbsent(fields[name])) delete fields[name]
    else if (role === 'token') return new CallersHeaders(headers)
    else if (isOwnHost(fields[name], origin)) delete fields[name]
    else elsewhere = true
  }
  return elsewhere ? hostElsewhere : fields
}

function copyList(
  list: readonly unknown[] | undefined,
  headers: unknown,
  origin: string | undefined,
  header: string
): ReturnType<typeof copyHeaders> {
  if (list === undefined || list.length % 2 !== 0) return new CallersHeaders(headers)
  const fields: unknown[] = []
  let elsewhere = false
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index]
    const value = list[index + 1]
    if (typeof name !== 'string') return new CallersHeaders(headers)
    const role = roleOf(name, header)
    if (role === undefined) fields.push(name, value)
    else if (isAbsent(value)) continue
    else if (role === 'token') return new CallersHeaders(headers)
    else elsewhere ||= !isOwnHost(value, origin)
  }
  return elsewhere ? hostElsewhere : fields
}

/** Undefined when something in it is no pair. */
function flatten(pairs: readonly unknown[]): unknown[] | undefined {
  return pairs.every((pair) => Array.isArray(pair) && pair.length === 2) ? pairs.flat() : undefined
}

function roleOf(name: string, header: string): 'token' | 'host' | undefined {
  if (name.length === header.length && name.toLowerCase() === header) return 'token'
  return name.length === 4 && name.toLowerCase() === 'host' ? 'host' : undefined
}

/** undici sends no field for it, or one that says nothing for null. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every(isAbsent))
}
