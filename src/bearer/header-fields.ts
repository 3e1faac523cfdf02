import type { RequestHeaders } from './dispatch.ts'

/** Header fields in a copy of ours, without `Authorization`: names and values in turn, or an object. */
export type HeaderFields = unknown[] | Record<string, unknown>

/** What the caller's headers allow. What is passed on as `headers` is theirs, or the same once more if reading used it up. */
export type HeaderCopy =
  | { readonly takesToken: true; readonly fields: HeaderFields }
  | { readonly takesToken: false; readonly headers: RequestHeaders }

/**
 * Copies header fields from every form that undici takes. No token is added to fields that hold an `Authorization`
 * of the caller's, nor to malformed ones, which undici then refuses in its own words.
 */
export function copyHeaders(headers: unknown): HeaderCopy {
  if (headers === undefined || headers === null) return { takesToken: true, fields: {} }
  if (typeof headers !== 'object') return passOn(headers)
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

function copyObject(headers: object): HeaderCopy {
  const fields: Record<string, unknown> = { ...headers }
  for (const name in fields) {
    if (!isAuthorization(name)) continue
    if (fields[name] !== undefined) return passOn(headers)
    delete fields[name]
  }
  return { takesToken: true, fields }
}

function copyList(list: readonly unknown[] | undefined, headers: unknown): HeaderCopy {
  if (list === undefined || list.length % 2 !== 0) return passOn(headers)
  const fields: unknown[] = []
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index]
    const value = list[index + 1]
    if (typeof name !== 'string') return passOn(headers)
    if (!isAuthorization(name)) fields.push(name, value)
    else if (value !== undefined) return passOn(headers)
  }
  return { takesToken: true, fields }
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

function passOn(headers: unknown): HeaderCopy {
  return { takesToken: false, headers: headers as RequestHeaders }
}
