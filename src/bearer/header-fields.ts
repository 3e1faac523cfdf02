import type { RequestHeaders } from './dispatch.ts'

/** Header fields in a copy of ours, without `Authorization`: names and values in turn, or an object. */
export type HeaderFields = unknown[] | Record<string, unknown>

/** Headers that take no token: the caller's, or the same once more if reading used them up. */
export class CallersHeaders {
  readonly headers: RequestHeaders

  constructor(headers: unknown) {
    this.headers = headers as RequestHeaders
  }
}

/**
 * Copies header fields from every form that undici takes. No token is added to fields that hold an `Authorization`
 * of the caller's, nor to malformed ones, which undici then refuses in its own words.
 */
export function copyHeaders(headers: unknown): HeaderFields | CallersHeaders {
  if (headers === undefined || headers === null) return {}
  if (typeof headers !== 'object') return new CallersHeaders(headers)
  if (Array.isArray(headers)) return copyList(Array.isArray(headers[0]) ? flatten(headers) : headers, headers)
  if (!isIterable(headers)) return copyObject(headers)
  const entries = [...headers] // once only: it may be a generator
  return copyList(flatten(entries), entries.values())
}

/** The fields of one attempt. An object is the copy itself, in which the second attempt replaces the token of the first. */
export function withAuthorization(fields: HeaderFields, authorization: string): RequestHeaders {
  if (Array.isArray(fields)) return [...fields, 'authorization', authorization] as string[]
  fields.authorization = authorization
  return fields as RequestHeaders
}

function copyObject(headers: object): HeaderFields | CallersHeaders {
  const fields: Record<string, unknown> = { ...headers }
  for (const name in fields) {
    if (!isAuthorization(name)) continue
    if (fields[name] !== undefined) return new CallersHeaders(headers)
    delete fields[name]
  }
  return fields
}

function copyList(list: readonly unknown[] | undefined, headers: unknown): HeaderFields | CallersHeaders {
  if (list === undefined || list.length % 2 !== 0) return new CallersHeaders(headers)
  const fields: unknown[] = []
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index]
    const value = list[index + 1]
    if (typeof name !== 'string') return new CallersHeaders(headers)
    if (!isAuthorization(name)) fields.push(name, value)
    else if (value !== undefined) return new CallersHeaders(headers)
  }
  return fields
}

/** Undefined when something in it is no pair. */
function flatten(pairs: readonly unknown[]): unknown[] | undefined {
  return pairs.every((pair) => Array.isArray(pair) && pair.length === 2) ? pairs.flat() : undefined
}

/** As undici has it: an iterator on `Object.prototype` was put there by somebody who should not have. */
function isIterable(headers: object): headers is Iterable<unknown> {
  if (!(Symbol.iterator in headers)) return false
  if (Object.hasOwn(headers, Symbol.iterator)) return true
  const prototype: unknown = Object.getPrototypeOf(headers)
  return prototype !== null && prototype !== Object.prototype
}

function isAuthorization(name: string): boolean {
  return name.length === 13 && name.toLowerCase() === 'authorization'
}
