import { getEventListeners } from 'node:events'
import { startService } from './service-process.ts'
import { marker } from './verdict.ts'
import type { Machine, Service, World } from './world.ts'

/** Milliseconds. */
const longestStoreVerb = 6000

/** Closes the client. Looks for leftovers (I8) as soon as all callbacks that are ready have run. */
export function closeService(world: World, service: Service): void {
  world.log.write(service.name, 'close')
  service.closed = true
  void service.client.close()
  // A question to a store may still be under way. It ends by itself.
  service.host.later(world.settings.isShared ? longestStoreVerb : 0, () => lookForLeftovers(world, service))
}

/** Ends the process without a close, so that its lease stays in the store. */
export function killService(world: World, service: Service): void {
  world.log.write(service.name, 'killed')
  service.closed = true
  service.isDead = true
  service.host.kill()
  service.waiting.clear()
  for (const ledger of service.ledgers.values()) ledger.inFlight = 0
}

export function restartService(world: World, machine: Machine, end: (world: World, service: Service) => void): void {
  const generation = world.services.length
  end(world, machine.service)
  machine.service = startService(world, machine, `${machine.host.name}.${generation}`)
  world.services.push(machine.service)
}

function lookForLeftovers(world: World, { name, clock, server, lookups, waiting, shutdown }: Service): void {
  const left = [...waiting].filter((call) => !call.onWire())
  if (clock.timers > 0) world.violate('I8', name, `${clock.timers} timers after close`)
  if (server.open.size > 0) world.violate('I8', name, `${server.open.size} token requests after close`)
  if (lookups.size > 0) world.violate('I8', name, `${lookups.size} metadata requests after close`)
  if (left.length > 0) world.violate('I8', name, `${left.map(({ what }) => what).join(', ')} wait after close`)
  if (getEventListeners(shutdown.signal, 'abort').length > 0) world.violate('I8', name, 'abort listeners after close')
}

/** I10 after every event: timers and listeners grow only with the calls and requests under way. */
export function lookForGrowth(world: World, service: Service): void {
  const { name, clock, ledgers, lookups, waiting, shutdown } = service
  // Each caller may have two timers: a wait and a pause. Each kind of token may have four: a flight, an attempt, an exchange and a pause.
  // A client has one for its schedule. A metadata request has its deadlines and the next turn of its search. A question to a store has a
  // deadline and a pause.
  const ofStore = world.settings.isShared ? 3 + 8 * ledgers.size : 0
  const timers = 1 + 2 * waiting.size + 4 * ledgers.size + 3 * lookups.size + ofStore
  if (clock.timers > timers && clock.timers > timers + lingering(service))
    world.violate('I10', name, `${clock.timers} timers where ${timers} have a reason`)
  if (waiting.size > 0) return
  const listeners = getEventListeners(shutdown.signal, 'abort').length
  if (listeners > 0) world.violate('I10', name, `${listeners} listeners on a signal that no call waits with`)
}

function lingering({ host, lingering }: Service): number {
  const moment = host.monotonicTime()
  return lingering.filter((end) => end > moment - 10).length
}

/** Checks I9 and I10 for the health that probes read. */
export function lookAtHealth(world: World, { name, client, ledgers }: Service): void {
  const health = client.health()
  world.log.write(name, `health ${health.state}`)
  if (JSON.stringify(health).includes(marker)) world.violate('I9', name, 'the health holds a secret or a token')
  if (health.tokens.length > ledgers.size)
    world.violate('I10', name, `${health.tokens.length} kinds of tokens are kept`)
}
