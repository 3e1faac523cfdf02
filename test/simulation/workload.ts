import { callGetToken, callReady } from './calls.ts'
import { type Body, callResource } from './resource-requests.ts'
import { lookAtHealth } from './service-end.ts'
import { everybody, refuses } from './service-state.ts'
import { foreignOrigins, resourceOrigins } from './simulated-resource-server.ts'
import type { Machine, World } from './world.ts'

const bodies: readonly Body[] = ['none', 'none', 'text', 'iterable', 'stream']
const patience = [undefined, undefined, undefined, 0, 50, 3000, 30_000, 120_000]

/** Uses the client now and then, as users do, until `end`. */
export function startWorkload(world: World, machine: Machine, end: number): void {
  const { chance, line, settings } = world

  function again(): void {
    if (line.now > end) return
    act(world, machine)
    machine.host.later(chance.between(0, 2 * settings.callGap), again)
  }

  if (chance.happens(0.5)) callReady(world, machine)
  machine.host.later(chance.between(0, Math.min(60_000, settings.callGap)), again)
}

/** Makes calls soon after something has changed. */
export function callSoon(world: World, machine: Machine): void {
  const { chance } = world
  let delay = 0
  for (let calls = chance.integer(1, 3); calls > 0; calls--) {
    delay += chance.magnitude(1, 30_000)
    machine.host.later(delay, () => act(world, machine))
  }
}

function act(world: World, machine: Machine): void {
  const { chance } = world
  const draw = chance.next()
  if (draw < 0.5) requestSomething(world, machine)
  else if (draw < 0.82) askForToken(world, machine)
  else if (draw < 0.87) for (let calls = chance.integer(2, 12); calls > 0; calls--) requestSomething(world, machine)
  else if (draw < 0.92) lookAtHealth(world, machine.service)
  else invalidateSomething(world, machine)
}

function requestSomething(world: World, machine: Machine): void {
  const { chance } = world
  const origin = chance.happens(0.05) ? chance.pick(foreignOrigins) : chance.pick(resourceOrigins)
  const abortIn = abortMoment(world, machine)
  void callResource(world, machine, { origin, body: chance.pick(bodies), own: chance.happens(0.03), abortIn })
}

function askForToken(world: World, machine: Machine): void {
  const { chance, settings } = world
  const scope = chance.happens(0.6) ? undefined : `tenant-${chance.integer(0, settings.scopes)}`
  const maxWait = chance.pick(patience)
  const shared = chance.happens(0.25)
  void callGetToken(world, machine, { scope, maxWait, abortIn: abortMoment(world, machine), shared })
}

function abortMoment({ chance }: World, { aborting }: Machine): number | undefined {
  return chance.happens(aborting ? 0.8 : 0.02) ? chance.magnitude(0.1, 5000) : undefined
}

/** A user with another HTTP client reports refusals too, even of old tokens. */
function invalidateSomething(world: World, { service }: Machine): void {
  const { lastToken, client } = service
  if (lastToken === undefined) return
  refuses(world, service, lastToken.serial, everybody)
  client.invalidate(lastToken)
}
