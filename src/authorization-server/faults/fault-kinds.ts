import { isBytes } from '../../realm.ts'
import { type Answer, jsonAnswer } from '../http/server-answer.ts'
import { after, byteByByte, bytes, never, resetAfter, resetBefore } from './delivery.ts'
import type { Fault } from './fault.ts'

/** Faults of the whole server. */
export interface Condition {
  down: boolean
  /** Milliseconds. */
  clockOffset: number
}

/** The limits of a value: `delay` is what a timer accepts, and `field` and `fields` are what HTTP can carry. */
export type FaultLimit = 'delay' | 'life' | 'count' | 'status' | 'fields' | 'field'

export interface FaultParameter {
  readonly name: string
  readonly kind: 'number' | 'text' | 'numberOrText' | 'object' | 'list' | 'any'
  /** The limit of the value; any value of this kind by default. */
  readonly limit?: FaultLimit
  readonly required?: true
  /** The meaning of the value, with its unit. */
  readonly about: string
}

export type FaultValues = Readonly<Record<string, unknown>>

/** One kind of fault. */
export interface FaultKind {
  readonly about: string
  readonly parameters: readonly FaultParameter[]
  /** Creates a fault for one request. The values have been checked. */
  readonly make?: (values: never) => Fault
  /** Changes the condition of the whole server. */
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
  about: 'Header fields. null removes a field.'
}

export type FaultName = keyof typeof kinds

const kinds = {
  down: {
    about: 'The server breaks every connection, open ones and new ones.',
    parameters: [],
    put: () => ({ down: true })
  },
  slow: {
    about: 'The answer is delayed.',
    parameters: [ms('How late, in milliseconds.', 'delay')],
    make: (values: { ms: number }) => ({ deliver: after(values.ms) })
  },
  drip: {
    about: 'The body arrives one byte at a time.',
    parameters: [ms('Milliseconds between two bytes.', 'delay')],
    make: (values: { ms: number }) => ({ deliver: byteByByte(values.ms) })
  },
  hang: {
    about: 'The server accepts the request and never answers.',
    parameters: [],
    make: () => ({ deliver: never })
  },
  reset: {
    about: 'The server resets the connection before the answer.',
    parameters: [],
    make: () => ({ deliver: resetBefore })
  },
  resetAtByte: {
    about: 'The server resets the connection in the middle of the body.',
    parameters: [
      { name: 'count', kind: 'number', limit: 'count', required: true, about: 'How many bytes of the body are sent.' }
    ],
    make: (values: { count: number }) => ({ deliver: resetAfter(values.count) })
  },
  raw: {
    about: 'The server sends these bytes as the whole answer, including the status line.',
    parameters: [{ name: 'wire', kind: 'any', required: true, about: 'The bytes, as text.' }],
    make: (values: { wire: string | Uint8Array }) => ({ deliver: bytes(values.wire) })
  },
  answer: {
    about: 'The server gives this answer and issues no token.',
    parameters: [
      status,
      headers,
      { name: 'body', kind: 'any', about: 'The body. Text is sent as it is, anything else as JSON.' }
    ],
    make: (values: WrittenAnswer) => ({ instead: written(values) })
  },
  alter: {
    about: 'The server changes parts of the real answer.',
    parameters: [
      status,
      headers,
      { name: 'members', kind: 'object', about: 'Members of the JSON body to set.' },
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
    about: 'The server answers 429 (too many requests).',
    parameters: [
      {
        name: 'retryAfter',
        kind: 'numberOrText',
        limit: 'field',
        about: 'Retry-After in milliseconds, or the header as text. Without it there is no header.'
      }
    ],
    make: (values: { retryAfter?: number | string }) => ({ instead: tooManyRequests(values.retryAfter) })
  },
  redirect: {
    about: 'The server redirects, as a login page in front of it would.',
    parameters: [
      { name: 'location', kind: 'text', limit: 'field', required: true, about: 'The target of the redirect.' },
      status
    ],
    make: (values: { location: string; status?: number }) => ({
      instead: { status: values.status ?? 307, headers: { location: values.location }, body: '' }
    })
  },
  lifetime: {
    about: 'Tokens have another lifetime.',
    parameters: [ms('The lifetime in milliseconds.', 'life')],
    make: (values: { ms: number }) => ({ lifetime: values.ms })
  },
  sameToken: {
    about: 'The server returns the last token for the same request again, with its remaining lifetime.',
    parameters: [],
    make: () => ({ sameToken: true as const })
  },
  staleNonce: {
    about: 'The server treats the nonce of a DPoP proof as expired and demands a new one.',
    parameters: [],
    make: () => ({ staleNonce: true as const })
  },
  clockOffset: {
    about: 'The clock of the server is wrong, in tokens and in Date headers.',
    parameters: [ms('The difference in milliseconds. If it is negative, the clock is behind.')],
    put: (values: { ms: number }) => ({ clockOffset: values.ms })
  }
} satisfies Record<string, FaultKind>

/** All kinds of faults by their names. */
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
  const asItIs = typeof body === 'string' || isBytes(body)
  return asItIs ? { status, headers, body } : jsonAnswer(status, body, headers)
}

function tooManyRequests(retryAfter?: number | string): Answer {
  if (retryAfter === undefined) return { status: 429, headers: {}, body: '' }
  const header = typeof retryAfter === 'number' ? String(Math.ceil(retryAfter / 1000)) : retryAfter
  return { status: 429, headers: { 'retry-after': header }, body: '' }
}

/** Converts null, which removes a header in JSON, to undefined. */
function withoutNull(headers: Readonly<Record<string, string | null | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? undefined]))
}
