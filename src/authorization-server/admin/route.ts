import { knownNames } from '../../known-names.ts'
import type { ServerParts } from '../overview/server-parts.ts'
import { AdminError } from './admin-error.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A request to `/admin/api`. */
export interface RouteCall {
  /** The values of `{name}` in the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly parts: ServerParts
}

export interface Member {
  readonly type?: 'string' | 'number' | 'boolean' | 'object' | 'array'
  readonly description: string
  readonly required?: true
}

/** One operation of the HTTP API. The OpenAPI document is generated from these. */
export interface Route {
  readonly method: Method
  /** The path below `/admin/api`, such as `/clients/{clientId}`. */
  readonly path: string
  readonly summary: string
  /** The members of the JSON body; `any` if they are described and checked elsewhere. */
  readonly body?: Readonly<Record<string, Member>> | 'any'
  /** Describes the answer. If `run` returns `undefined`, the answer is 204, and otherwise it is JSON. */
  readonly answer: string
  run(call: RouteCall): unknown
}

/** @throws AdminError that names the wrong member */
export function checkBody({ body: known = {} }: Route, body: Readonly<Record<string, unknown>>): void {
  if (known === 'any') return
  const names = Object.keys(known)
  const unknown = Object.keys(body).find((name) => !names.includes(name))
  if (unknown !== undefined) throw invalid(`The body has the unknown member ${unknown}. ${knownNames(unknown, names)}`)
  for (const [name, { type, required, description }] of Object.entries(known)) {
    const value = body[name]
    if (value === undefined && required) throw invalid(`${name} is missing: ${description}`)
    if (value !== undefined && type !== undefined && typeOf(value) !== type)
      throw invalid(`${name} must be of type ${type}: ${description}`)
  }
}

export function invalid(sentence: string): AdminError {
  return new AdminError(400, 'invalid_request', sentence)
}

export function notFound(sentence: string): AdminError {
  return new AdminError(404, 'not_found', sentence)
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' && !Number.isFinite(value)) return 'no number'
  return value === null ? 'null' : typeof value
}
