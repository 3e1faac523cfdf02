import { callGetToken } from './calls.ts'
import { longestPause } from './expected-law.ts'
import { callResource } from './resource-requests.ts'
import { endByClient, latestByServer } from './server-failures.ts'
import { closeService } from './service-end.ts'
import { defaultScope, ledgerOf } from './service-state.ts'
import { resourceOrigins } from './simulated-resource-server.ts'
import type { Machine, Service, World } from './world.ts'

/** Enough for the thirty seconds between two rejections, the gap between flights, and a flight without a fault. Milliseconds. */
const grace = 45_000

/**
 * I11: as soon as the law allows a request, the first call of a service gets a good token. Then the service ends. Returns the true time
 * of that end.
 */
export function probe(world: World, machine: Machine): number {
  const { host, service } = machine
  const ledger = ledgerOf(service, defaultScope)
  const moment = host.monotonicTime()
  const told = [ledger.setback, service.refusal].map((known) => known?.notBefore ?? 0)
  const ends = [...told, latestByServer(service, ledger), endByClient(service, ledger)?.most ?? 0]
  const left = world.settings.isShared ? longestWord : 0
  const barred = Math.max(left, endOfPause(service) - moment, ...ends.map((end) => end - moment))
  host.later(barred + grace, () => void ask(world, machine))
  return world.line.now + barred + 2 * grace
}

/** The end of the pause that the server has asked for, with its longest spread. */
function endOfPause({ server: { pause, pauses }, host }: Service): number {
  if (pauses === 0) return 0
  return (pause === undefined ? host.monotonicTime() + longestPause : pause.at + pause.asked) + longestPause
}

/** The instance that asks for all may have left word that it asks again so much later. Milliseconds. */
const longestWord = 900_000

async function ask(world: World, machine: Machine): Promise<void> {
  const { service } = machine
  const { name } = service
  const origin = world.chance.pick(resourceOrigins)
  const status = await callResource(world, machine, { origin, body: 'text', own: false })
  if (status !== 200) world.violate('I11', name, `a request fails with ${status} although every fault is over`)
  const token = await callGetToken(world, machine, { maxWait: 5000 })
  if (token === undefined || !world.resourceServers.get(origin)?.accepts(token.value))
    world.violate('I11', name, 'no good token although every fault is over')
  closeService(world, service)
}
