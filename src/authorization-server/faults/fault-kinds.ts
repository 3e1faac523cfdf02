import { type Answer, jsonAnswer } from '../http/server-answer.ts'
import { after, byteByByte, bytes, never, resetAfter, resetBefore } from './delivery.ts'
import type { Fault } from './fault.ts'

/** What the whole server suffers from. */
export interface Condition {
  down: boolean
  /** Milliseconds. */
  clockOffset: number
}

/** `delay` is what a timer takes, `field` and `fields` are what HTTP can carry. */
export type FaultLimit = 'delay' | 'life' | 'count' | 'status' | 'fields' | 'field'

export interface FaultParameter {
  readonly name: string
  readonly kind: 'number' | 'text' | 'numberOrText' | 'object' | 'list' | 'any'
  /** What of this kind it can be; anything unless given. */
  readonly limit?: FaultLimit
  readonly required?: true
  /** What it means, with its unit. */
  readonly about: string
}

export type FaultValues = Readonly<Record<string, unknown>>

/** One thing that can go wrong, by the name of its switch. */
export interface FaultKind {
  readonly about: string
  readonly parameters: readonly FaultParameter[]
  /** What goes wrong with one request. The values were checked. */
  readonly make?: (values: never) => Fault
  /** What goes wrong with the whole server. */
  readonly put?: (values: never) => Partial<Condition>
}

const ms = (about: string, limit?: FaultLimit): FaultParameter => ({
  name: 'ms',
  kind: 'number',
  ...(limit !== undefined && { limit }),
  required: true,
  about
})
const status: FaultParameter = { name: 'status', kind: 'number', limit: 'status', about: 'The HTTP status.' }
const headers: FaultParameter = {
  name: 'headers',
  kind: 'object',
  limit: 'fields',
  about: 'Header fields. null removes one.'
}

export type FaultName = keyof typeof kinds

const kinds = {
  down: {
    about: 'Every connection is broken, open ones and new ones.',
    parameters: [],
    put: () => ({ down: true })
  },
  slow: {
    about: 'The answer comes late.',
    parameters: [ms('How late, in milliseconds.', 'delay')],
    make: (values: { ms: number }) => ({ deliver: after(values.ms) })
  },
  drip: {
    about: 'The body comes one byte at a time.',
    parameters: [ms('Milliseconds between two bytes.', 'delay')],
    make: (values: { ms: number }) => ({ deliver: byteByByte(values.ms) })
  },
  hang: {
    about: 'The request is taken and never answered.',
    parameters: [],
    make: () => ({ deliver: never })
  },
  reset: {
    about: 'The connection is reset before a byte of the answer.',
    parameters: [],
    make: () => ({ deliver: resetBefore })
  },
  resetAtByte: {
    about: 'The connection is reset inside the body.',
    parameters: [
      { name: 'count', kind: 'number', limit: 'count', required: true, about: 'Bytes of the body that still come.' }
    ],
    make: (values: { count: number }) => ({ deliver: resetAfter(values.count) })
  },
  raw: {
    about: 'These bytes are the whole answer, status line included.',
    parameters: [{ name: 'wire', kind: 'any', required: true, about: 'The bytes, as text.' }],
    make: (values: { wire: string | Uint8Array }) => ({ deliver: bytes(values.wire) })
  },
  answer: {
    about: 'This is the answer, and no token is made.',
    parameters: [status, headers, { name: 'body', kind: 'any', about: 'Text as it is, anything else as JSON.' }],
    make: (values: WrittenAnswer) => ({ instead: written(values) })
  },
  alter: {
    about: 'The real answer with some parts changed.',
    parameters: [
      status,
      headers,
      { name: 'members', kind: 'object', about: 'Members of the JSON body.' },
      { name: 'without', kind: 'list', about: 'Names of members to remove.' }
    ],
    make: ({ without = [], headers: changed, ...alteration }: WrittenAlteration) => ({
      alteration: {
        ...alteration,
        ...(changed !== undefined && { headers: withoutNull(changed) }),
        ...((alteration.members !== undefined || without.length > 0) && {
          members: { ...alteration.members, ...Object.fromEntries(without.map((name) => [name, undefined])) }
        })
      }
    })
  },
  rateLimit: {
    about: 'Too many requests: 429.',
    parameters: [
      {
        name: 'retryAfter',
        kind: 'numberOrText',
        limit: 'field',
        about: 'Milliseconds, or the header as text. If it is left out, there is no header.'
      }
    ],
    make: (values: { retryAfter?: number | string }) => ({ instead: tooManyRequests(values.retryAfter) })
  },
  redirect: {
    about: 'A redirect, as a login page in front of the server makes it.',
    parameters: [{ name: 'location', kind: 'text', limit: 'field', required: true, about: 'Where it leads.' }, status],
    make: (values: { location: string; status?: number }) => ({
      instead: { status: values.status ?? 307, headers: { location: values.location }, body: '' }
    })
  },
  lifetime: {
    about: 'Tokens live for another time.',
    parameters: [ms('Their life in milliseconds.', 'life')],
    make: (values: { ms: number }) => ({ lifetime: values.ms })
  },
  sameToken: {
    about: 'The token that was last given for the same request is given again, with what is left of its life.',
    parameters: [],
    make: () => ({ sameToken: true as const })
  },
  staleNonce: {
    about: 'The nonce of a DPoP proof counts as old, and the server demands another one.',
    parameters: [],
    make: () => ({ staleNonce: true as const })
  },
  clockOffset: {
    about: 'The clock of the server is wrong, in tokens and in Date headers.',
    parameters: [ms('By how many milliseconds; below zero, it is behind.')],
    put: (values: { ms: number }) => ({ clockOffset: values.ms })
  }
} satisfies Record<string, FaultKind>

/** Everything that can go wrong, by the name of its switch. */
export const faultKinds: Readonly<Record<FaultName, FaultKind>> = kinds

interface WrittenAnswer {
  readonly status?: number
  readonly headers?: Answer['headers']
  readonly body?: unknown
}

interface WrittenAlteration {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | null | undefined>>
  readonly members?: Readonly<Record<string, unknown>>
  readonly without?: readonly string[]
}

function written({ status = 200, headers = {}, body = '' }: WrittenAnswer): Answer {
  const asItIs = typeof body === 'string' || body instanceof Uint8Array
  return asItIs ? { status, headers, body } : jsonAnswer(status, body, headers)
}

function tooManyRequests(retryAfter?: number | string): Answer {
  if (retryAfter === undefined) return { status: 429, headers: {}, body: '' }
  const header = typeof retryAfter === 'number' ? String(Math.ceil(retryAfter / 1000)) : retryAfter
  return { status: 429, headers: { 'retry-after': header }, body: '' }
}

/** JSON has no undefined: there null takes a header away. */
function withoutNull(headers: Readonly<Record<string, string | null | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? undefined]))
}
