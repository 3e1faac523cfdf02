import {
  answer,
  drip,
  malformedAnswer,
  outage,
  perhapsUnreadable,
  rateLimit,
  refusal,
  reset,
  serverError,
  text
} from './answers.ts'
import { slowestAnswer } from './resource-requests.ts'
import { closeService, restartService } from './service-end.ts'
import type { Asked, Issued, Reply, Trouble } from './simulated-authorization-server.ts'
import { type Fault, nothingToEnd } from './simulated-fault.ts'
import type { FaultKind } from './simulated-fault-kinds.ts'
import { insufficientScope, type ResourceTrouble, unauthorized } from './simulated-resource-server.ts'
import { type PlaceTrouble, places } from './simulated-settings.ts'
import type { StoreTrouble } from './store-engine.ts'
import { minute, second } from './units.ts'
import type { World } from './world.ts'

/** The authorization server or a gateway in front of it gives another reply. */
function troubled(
  kind: FaultKind,
  reply: (world: World, asked: Asked, grant: () => Reply) => Reply | undefined
): Fault {
  return (world) => {
    const { troubles } = world.authorizationServer
    const share = world.chance.pick([0.3, 1, 1, 1])
    const trouble: Trouble = (asked, grant) => {
      const own = world.chance.happens(share) ? reply(world, asked, grant) : undefined
      if (own !== undefined) world.fire(kind)
      return own
    }
    troubles.push(trouble)
    return () => void troubles.splice(troubles.indexOf(trouble), 1)
  }
}

/** One of the resource servers gives another answer. */
function resourceTroubled(kind: FaultKind, reply: (world: World) => ReturnType<ResourceTrouble>): Fault {
  return (world) => {
    const { troubles } = world.chance.pick([...world.resourceServers.values()])
    const trouble: ResourceTrouble = () => {
      world.fire(kind)
      return reply(world)
    }
    troubles.push(trouble)
    return () => void troubles.splice(troubles.indexOf(trouble), 1)
  }
}

/** How a server behaves that sends the same token again. */
interface Repeating {
  /** It stops this many seconds before the end of the token. */
  readonly until: number
  /** The life that the answer tells, in seconds; undefined tells none. */
  told(left: number, life: number): number | undefined
}

const repeating: readonly Repeating[] = [
  { until: 10, told: (left) => left },
  { until: 10, told: (left) => Math.ceil(left / 2) },
  // These send the token even a moment after its end, and then tell 0, the whole life or no life.
  { until: -2, told: (left) => Math.max(0, left) },
  { until: -2, told: (_, life) => life / second },
  { until: -2, told: () => undefined }
]

/** Replies with the last token again for as long as it lives. */
function sameTokenAgain(
  { line, chance, settings }: World,
  { client, scope, tokenType }: Asked,
  grant: () => Reply,
  { last, until, told }: Repeating & { readonly last: Map<string, Issued> }
): Reply {
  const key = `${client} ${scope}`
  const known = last.get(key)
  const left = known === undefined ? Number.NEGATIVE_INFINITY : Math.floor((known.endsAt - line.now) / second)
  if (known === undefined || left < until) {
    const reply = grant()
    if (reply.issued !== undefined) last.set(key, reply.issued)
    return reply
  }
  const members = { access_token: known.value, token_type: tokenType, expires_in: told(left, settings.life) }
  return { script: answer(chance, 200, members), issued: known }
}

/** Answers that differ from the RFC but have to be accepted. */
function oddAnswer({ chance, settings }: World, { tokenType }: Asked, reply: Reply): Reply | undefined {
  if (reply.issued === undefined) return undefined
  const { expires_in: seconds, ...members } = JSON.parse(reply.script.body?.join('') ?? '')
  const odd = chance.pick<object>([
    { expires_in: String(seconds) },
    { expires_in: seconds + 0.9, token_type: tokenType.toUpperCase() },
    { expires_in: seconds, scope: '' },
    { expires_in: seconds, scope: ['read', 'write'] },
    { expires_in: seconds, token_type: tokenType === 'Bearer' ? null : 'dpop' },
    { expires_in: seconds, scope: 'read write admin', refresh_token: 'x', id_token: 'y' },
    settings.life > 5 * minute ? {} : { expires_in: seconds }
  ])
  const type = chance.pick(['application/json;charset=UTF-8', 'application/vnd.x+json', 'text/plain'])
  const status = chance.pick([200, 200, 201, 203])
  return { ...reply, script: answer(chance, status, { ...members, ...odd }, { 'content-type': type }) }
}

const placeTroubles: readonly PlaceTrouble[] = ['hangs', 'hangs', 'hangs', 'fails', 'is slow', 'is malformed']

const storeTroubles: readonly StoreTrouble[] = ['is slow', 'is silent', 'refuses', 'loses', 'is stale', 'is garbled']

/** Faults of the servers, of the store and of the network. */
export const serverFaults = {
  outage: troubled('outage', ({ chance }) => ({ script: outage(chance) })),
  'server error': troubled('server error', ({ chance }) => ({
    script: perhapsUnreadable(chance, serverError(chance))
  })),
  slowness: troubled('slowness', ({ chance }, _asked, grant) => {
    const reply = grant()
    return { ...reply, script: { ...reply.script, delay: chance.magnitude(500, 15 * second) } }
  }),
  silence: troubled('silence', () => ({ script: { delay: 0, ending: 'silence' } })),
  drip: troubled('drip', ({ chance }, _asked, grant) => {
    const reply = grant()
    return { ...reply, script: drip(chance, reply.script) }
  }),
  'rate limit': troubled('rate limit', ({ chance, line }) => ({
    script: perhapsUnreadable(chance, rateLimit(chance, line.now + 1.9e12))
  })),
  'malformed answer': troubled('malformed answer', ({ chance }, { tokenType }) => ({
    script: malformedAnswer(chance, tokenType === 'Bearer' ? 'DPoP' : 'Bearer')
  })),
  reset: troubled('reset', ({ chance }, _asked, grant) => ({ script: reset(chance, grant().script) })),
  'duplicated delivery': troubled('duplicated delivery', (_world, _asked, grant) => {
    grant() // its answer is lost
    return grant()
  }),
  refusal: troubled('refusal', ({ chance }, { secret }) => ({
    script: perhapsUnreadable(chance, refusal(chance, secret))
  })),
  'odd answer': troubled('odd answer', (world, asked, grant) => oddAnswer(world, asked, grant())),
  'same token': (world, machines, longest) => {
    const way = { ...world.chance.pick(repeating), last: new Map<string, Issued>() }
    const again = troubled('same token', (_world, asked, grant) => sameTokenAgain(world, asked, grant, way))
    return again(world, machines, longest)
  },
  discovery: (world, machines) => {
    const { chance, authorizationServer } = world
    for (const place of chance.pick([places, places.slice(0, 1), places.slice(1)]))
      authorizationServer.placeTroubles.set(place, chance.pick(placeTroubles))
    // A running service searches again only beside its requests, so one service restarts and needs the metadata at once.
    if (world.settings.discovers) {
      const machine = chance.pick(machines)
      machine.host.later(0, () => restartService(world, machine, closeService))
    }
    return () => authorizationServer.placeTroubles.clear()
  },
  store: (world) => {
    world.store.trouble = world.chance.pick(storeTroubles)
    if (world.store.trouble === 'loses') for (const kept of [world.store.records, world.store.leases]) kept.clear()
    return () => {
      world.store.trouble = undefined
    }
  },
  'key rotation': (world) => {
    world.fire('key rotation')
    for (const server of world.resourceServers.values()) server.refusesIssuedBefore = world.line.now
    return nothingToEnd
  },
  'resource refuses': resourceTroubled('resource refuses', ({ chance }) =>
    chance.happens(0.8) ? unauthorized(chance) : insufficientScope(chance)
  ),
  'resource fails': resourceTroubled('resource fails', ({ chance }) =>
    chance.pick([
      () => outage(chance),
      () => reset(chance, text(chance, 200, 'ok')),
      () => text(chance, 503, 'down'),
      () => ({ ...text(chance, 200, 'ok'), delay: slowestAnswer / 2 })
    ])()
  )
} satisfies Partial<Record<FaultKind, Fault>>
