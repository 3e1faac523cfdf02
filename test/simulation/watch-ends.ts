import type { Call } from './calls.ts'
import { isStrict } from './expected-law.ts'
import type { Machine } from './machine.ts'
import { ledgerOf, slackOf } from './service-process.ts'
import type { World } from './world.ts'

const second = 1000

/** Notes since when everything between this machine and its token has been well, also on the connections that are open. */
export function noteWellness({ line, authorizationServer }: World, machine: Machine): void {
  const { partitioned, supply, secret, service } = machine
  const isCalm = !partitioned && supply === 'given' && authorizationServer.troubles.length === 0
  if (!isCalm || !authorizationServer.knows(secret)) machine.calmSince = line.now
  const isHanging = [...service.server.open].some(({ beganAt }) => beganAt < machine.calmSince)
  if (isHanging || machine.calmSince === line.now) machine.wellSince = line.now
}

/** A caller who leaves sooner has been told nothing about the server. Milliseconds. */
const leastPatience = 5 * second

/** I14: a call has failed for want of a token. */
export function judgeEnd(world: World, call: Call, code: string): void {
  const { service, scope, limit } = call
  const { machine, host, name, server } = service
  const { held } = ledgerOf(service, scope)
  if (held === undefined || host.suspended !== held.sent.suspended || limit < leastPatience) return
  const end = held.endsAt + host.suspended
  const enough = Math.min(10 * second, (held.endsAt - held.sent.at) / 10)
  const wellSince = Math.max(machine.wellSince, host.wokeAt)
  if (end > world.line.now || wellSince > end - enough - slackOf(service)) return
  const { pause, pauses } = server
  // A longer one is broken once: then nobody knows more than before.
  if (pauses > 0 && (pause === undefined || !isStrict(pause.asked) || pause.at + pause.asked > held.endsAt - enough))
    return
  world.violate(
    'I14',
    name,
    `${code} for "${scope}", ${end - wellSince} ms of a well server before the end of its token`
  )
}
