import { type FaultName, type FaultValues, faultKinds } from '../faults/fault-kinds.ts'
import type { FaultReach } from '../faults/fault-queue.ts'
import { waysToBreak } from '../faults/ways-to-break.ts'
import { type EndpointName, endpointNames } from '../http/request-log.ts'
import { overview } from '../overview/overview.ts'
import { invalid, type Member, notFound, type Route, type RouteCall } from './route.ts'

const reach: Readonly<Record<string, Member>> = {
  at: { type: 'string', description: `The endpoint: ${endpointNames.join(', ')}. token, if left out.` },
  requests: { type: 'number', description: 'For so many requests; until it is cleared, if left out.' },
  probability: { type: 'number', description: 'The part of the requests that it acts on, above 0 and up to 1.' },
  seed: { type: 'number', description: 'The same seed draws the same requests again.' }
}

/** What goes wrong, and what has happened. */
export const serverRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/overview',
    summary: 'Who may call whom, who did, and what is switched on.',
    answer: 'Services, clients, and an edge for each grant with its use.',
    run: ({ parts }) => overview(parts)
  },
  {
    method: 'GET',
    path: '/faults',
    summary: 'The faults that are on, those that there are, and twenty-nine ways to try.',
    answer: 'active, kinds, ways.',
    run: ({ parts }) => ({ active: parts.faults.active, kinds: kindsForReaders(), ways: waysToBreak })
  },
  {
    method: 'POST',
    path: '/faults',
    summary: 'Switches a fault on. Beside these members it takes the values of the fault, such as "ms".',
    body: 'any',
    answer: 'The fault as it is on.',
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
      if (!parts.faults.active.some((fault) => fault.id === id)) throw notFound('No fault with this id is on.')
      parts.faults.clear(id)
    }
  },
  {
    method: 'PUT',
    path: '/clock',
    summary: 'Sets the clock of the server wrong, in tokens and in Date headers. 0 sets it right.',
    body: { offset: { type: 'number', description: 'Milliseconds; below zero, it is behind.', required: true } },
    answer: 'The offset.',
    run: ({ parts, body }) => {
      const { offset } = body as { offset: number }
      if (Math.abs(offset) > mostOffset) throw invalid('offset is in milliseconds, ten years at most.')
      if (offset === 0)
        for (const { id, fault } of parts.faults.active) if (fault === 'clockOffset') parts.faults.clear(id)
      if (offset !== 0) parts.faults.clockOffset(offset)
      return { offset }
    }
  },
  {
    method: 'GET',
    path: '/requests',
    summary: 'The last thousand requests, oldest first. ?endpoint=token gives those of one endpoint.',
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
    summary: 'Forgets the requests, and counts from zero.',
    answer: 'Nothing.',
    run: ({ parts }) => parts.requests.clear()
  },
  {
    method: 'GET',
    path: '/journal',
    summary: 'The last five hundred things that happened, as sentences. /events sends each as it happens.',
    answer: 'Entries, oldest first.',
    run: ({ parts }) => parts.journal.latest
  },
  {
    method: 'POST',
    path: '/reset',
    summary:
      'The registry is again what it was at the start, no fault is on, and nothing has been issued, asked or used.',
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
  if (typeof fault !== 'string') throw invalid(`fault is missing. There are: ${Object.keys(faultKinds).join(', ')}.`)
  const given = Object.entries({ at, requests, probability, seed }).filter(([, value]) => value !== undefined)
  return parts.faults.set(fault, values, Object.fromEntries(given) as FaultReach)
}

/** For the OpenAPI document: what a fault takes beside its own values. */
export const faultMembers: Readonly<Record<string, Member>> = {
  fault: { type: 'string', description: `One of ${Object.keys(faultKinds).join(', ')}.`, required: true },
  ...reach
}
