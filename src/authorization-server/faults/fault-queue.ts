import type { Answer } from '../http/answer.ts'
import type { EndpointName } from '../http/request-log.ts'
import type { Delivery } from './delivery.ts'

/** Where a fault acts, and how often. */
export interface FaultReach {
  /** For so many requests; until `clear()` if left out. */
  readonly requests?: number
  /** The token endpoint, if left out. */
  readonly at?: EndpointName
}

/** Parts of the real answer that are changed. */
export interface Alteration {
  readonly status?: number
  /** `undefined` takes the header away. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Members of the JSON body; `undefined` takes the member away. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** What is wrong with one request. */
export interface Fault {
  /** Milliseconds that its token lives. */
  readonly lifetime?: number
  readonly sameToken?: true
  /** Given in place of the real answer, which is not even made. */
  readonly instead?: Answer
  readonly alteration?: Alteration
  readonly deliver?: Delivery
}

/** Which fault is next: those for a number of requests in the order they were set, then the lasting one. */
export interface FaultQueue {
  set(fault: Fault, reach?: FaultReach): void
  /** Takes one turn; nothing is wrong with an empty fault. */
  next(endpoint: EndpointName): Fault
  clear(): void
}

interface EndpointFaults {
  readonly turns: { readonly fault: Fault; left: number }[]
  lasting: Fault
}

export function faultQueue(): FaultQueue {
  const endpoints = new Map<EndpointName, EndpointFaults>()

  function at(endpoint: EndpointName): EndpointFaults {
    const faults = endpoints.get(endpoint) ?? { turns: [], lasting: {} }
    endpoints.set(endpoint, faults)
    return faults
  }

  return {
    set(fault, { requests, at: endpoint = 'token' } = {}) {
      if (requests === undefined) at(endpoint).lasting = fault
      else if (requests > 0) at(endpoint).turns.push({ fault, left: requests })
    },
    next(endpoint) {
      const { turns, lasting } = at(endpoint)
      const [turn] = turns
      if (turn === undefined) return lasting
      if (--turn.left === 0) turns.shift()
      return turn.fault
    },
    clear: () => endpoints.clear()
  }
}

/** The answer with some of its parts changed. */
export function altered(answer: Answer, { status = answer.status, headers = {}, members }: Alteration): Answer {
  const changed: Record<string, string | readonly string[]> = { ...answer.headers }
  for (const [name, value] of Object.entries(headers))
    if (value === undefined) delete changed[name.toLowerCase()]
    else changed[name.toLowerCase()] = value
  const body = members === undefined ? answer.body : JSON.stringify({ ...JSON.parse(String(answer.body)), ...members })
  return { status, headers: changed, body }
}
