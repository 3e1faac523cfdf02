import { type FaultName, type FaultValues, faultKinds } from '../faults/fault-kinds.ts'
import type { FaultReach } from '../faults/fault-queue.ts'
import { waysToBreak } from '../faults/ways-to-break.ts'
import { type EndpointName, endpointNames } from '../http/request-log.ts'
import { overview } from '../overview/overview.ts'
import { invalid, type Member, notFound, type Route, type RouteCall } from './route.ts'

const reach: Readonly<Record<string, Member>> = {
  at: { type: 'string', description: `The endpoint: ${endpointNames.join(', ')}. The default is token.` },
  requests: { type: 'number', description: 'How many requests it acts on. The default is all, until it is cleared.' },
  probability: {
    type: 'number',
    description: 'The share of the requests that it acts on, above 0 and at most 1. The default is 1.'
  },
  seed: { type: 'number', description: 'The seed of the random choice. The same seed chooses the same requests again.' }
}

/** Routes for the overview, faults, requests and the journal. */
export const serverRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/overview',
    summary: 'Who may call whom, who did, and which faults are on.',
    answer: 'Services, clients, and an edge for each grant with its use.',
    run: ({ parts }) => overview(parts)
  },
  {
    method: 'GET',
    path: '/faults',
    summary: 'The faults that are on, all kinds of faults, and twenty-nine faults to try.',
    answer: 'active, kinds, ways.',
    run: ({ parts }) => ({ active: parts.faults.active, kinds: kindsForReaders(), ways: waysToBreak })
  },
  {
    method: 'POST',
    path: '/faults',
    summary: 'Switches a fault on. The body also has the values of the fault, such as "ms".',
    body: 'any',
    answer: 'The fault that is now on.',
    run: setFault
  },
  {
    method: 'DELETE',
    path: '/faults',
    summary: 'Switches all faults off.',
    answer: 'Nothing.',
    run: ({ parts }) => parts.faults.clear()
  },
  {
    method: 'DELETE',
    path: '/faults/{id}',
    summary: 'Switches one fault off.',
    answer: 'Nothing.',
    run: ({ parts, params }) => {
      const id = Number(params.id)
      if (!parts.faults.active.some((fault) => fault.id === id))
        throw notFound('There is no active fault with this id.')
      parts.faults.clear(id)
    }
  },
  {
    method: 'PUT',
    path: '/clock',
    summary: 'Sets the clock of the server wrong, in tokens and in Date headers. 0 sets it right again.',
    body: {
      offset: {
        type: 'number',
        description: 'The difference in milliseconds. If it is negative, the clock is behind.',
        required: true
      }
    },
    answer: 'The offset.',
    run: ({ parts, body }) => {
      const { offset } = body as { offset: number }
      if (Math.abs(offset) > mostOffset) throw invalid('offset is in milliseconds, and must be at most ten years.')
      if (offset === 0)
        for (const { id, fault } of parts.faults.active) if (fault === 'clockOffset') parts.faults.clear(id)
      if (offset !== 0) parts.faults.clockOffset(offset)
      return { offset }
    }
  },
  {
    method: 'GET',
    path: '/requests',
    summary: 'The last thousand requests, oldest first. ?endpoint=token returns those of one endpoint.',
    answer: 'counts, and latest.',
    run: ({ parts: { requests }, query }) => {
      const endpoint = query.get('endpoint')
      if (endpoint !== null && !endpointNames.some((name) => name === endpoint))
        throw invalid(`endpoint must be one of ${endpointNames.join(', ')}.`)
      const counts = Object.fromEntries(endpointNames.map((name) => [name, requests.count(name as EndpointName)]))
      return { counts, latest: requests.latest.filter((one) => endpoint === null || one.endpoint === endpoint) }
    }
  },
  {
    method: 'DELETE',
    path: '/requests',
    summary: 'Deletes the log of requests and sets the counters to zero.',
    answer: 'Nothing.',
    run: ({ parts }) => parts.requests.clear()
  },
  {
    method: 'GET',
    path: '/journal',
    summary: 'The last five hundred events, as sentences. /events streams them as they happen.',
    answer: 'Entries, oldest first.',
    run: ({ parts }) => parts.journal.latest
  },
  {
    method: 'POST',
    path: '/reset',
    summary:
      'Resets the server: the registry is as it was at the start, no fault is on, and tokens, requests and usage are forgotten.',
    answer: 'Nothing.',
    run: ({ parts: { registry, faults, issued, usage, requests, journal } }) => {
      registry.reset()
      faults.clear()
      for (const memory of [issued, usage, requests, journal]) memory.clear()
    }
  }
]

const mostOffset = 10 * 365 * 24 * 60 * 60 * 1000

function kindsForReaders(): object {
  return Object.fromEntries(
    Object.entries(faultKinds).map(([name, { about, parameters }]) => [name, { about, parameters }])
  )
}

function setFault({ parts, body }: RouteCall): unknown {
  const { fault, at, requests, probability, seed, ...values } = body as { fault?: FaultName } & FaultReach & FaultValues
  if (typeof fault !== 'string') throw invalid(`fault is missing. It is one of ${Object.keys(faultKinds).join(', ')}.`)
  const given = Object.entries({ at, requests, probability, seed }).filter(([, value]) => value !== undefined)
  return parts.faults.set(fault, values, Object.fromEntries(given) as FaultReach)
}

/** The members of every fault, beside its own values, for the OpenAPI document. */
export const faultMembers: Readonly<Record<string, Member>> = {
  fault: { type: 'string', description: `One of ${Object.keys(faultKinds).join(', ')}.`, required: true },
  ...reach
}
