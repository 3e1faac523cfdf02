import { isStrict } from './expected-law.ts'
import { endByClient } from './server-failures.ts'
import { ledgerOf, slackOf } from './service-state.ts'
import { second } from './units.ts'
import type { Call, Machine, World } from './world.ts'

/** Stands for the time since which all is well while something is wrong. */
const notNow = Number.POSITIVE_INFINITY

/** Notes since when everything between this machine and its token has been well, including the open connections. */
export function noteWellness(world: World, machine: Machine): void {
  const { line, authorizationServer } = world
  const { partitioned, supply, secret, service } = machine
  const isCalm = !partitioned && supply === 'given' && isServerWell(world)
  if (!isCalm || !authorizationServer.knows(secret)) machine.calmSince = notNow
  else machine.calmSince = Math.min(machine.calmSince, line.now)
  const isHanging = [...service.server.open].some(({ beganAt }) => beganAt < machine.calmSince)
  machine.wellSince = isHanging || machine.calmSince === notNow ? notNow : Math.min(machine.wellSince, line.now)
}

/** A place without metadata does not count, because the library asks the other place too. */
function isServerWell({ authorizationServer: { troubles, placeTroubles }, settings }: World): boolean {
  return troubles.length === 0 && !placeTroubles.has(settings.place)
}

/** A caller who leaves sooner shows nothing about the server. Milliseconds. */
const leastPatience = 5 * second

/** Checks I14 when a call has failed because it got no token. */
export function judgeEnd(world: World, call: Call, code: string): void {
  const { service, scope, limit } = call
  const { machine, host, name, server } = service
  const { held } = ledgerOf(service, scope)
  if (isLeftToAnother(world, scope)) return
  if (held === undefined) judgeFirst(world, call, code)
  if (held === undefined || host.suspended !== held.sent.suspended || limit < leastPatience) return
  const end = held.endsAt + host.suspended
  const enough = Math.min(10 * second, (held.endsAt - held.sent.at) / 10)
  const wellSince = Math.max(machine.wellSince, host.wokeAt)
  if (end > world.line.now || wellSince > end - enough - slackOf(service)) return
  const { pause, pauses } = server
  // A pause of more than a minute may be broken only once, so the client may have to wait for its end.
  if (pauses > 0 && (pause === undefined || !isStrict(pause.asked) || pause.at + pause.asked > held.endsAt - enough))
    return
  world.violate(
    'I14',
    name,
    `${code} for "${scope}", ${end - wellSince} ms of a well server before the end of its token`
  )
}

/** Services that share a store leave the request to one of them. If that one failed while something was wrong, the others are excused. */
function isLeftToAnother({ settings, services }: World, scope: string): boolean {
  return (
    settings.isShared &&
    services.some((service) => {
      const { ledgers, host, machine } = service
      const setback = ledgers.get(scope)?.setback
      return setback !== undefined && setback.at + host.suspended < machine.wellSince + slackOf(service)
    })
  )
}

/** Checks I14 for a first token. Nothing was wrong when the caller came, and no former failure makes it wait. */
function judgeFirst(world: World, { service, scope, deadline, limit }: Call, code: string): void {
  const { machine, host, name, ledgers, refusal, lookups, server } = service
  const began = deadline - limit
  const setbacks = [...ledgers.values()].map(({ setback }) => setback)
  // A kind of token without a token waits longer than one whose token ends.
  const refusedUntil = endByClient(service, ledgerOf(service, scope))?.most ?? began
  const isRefused = refusal !== undefined && refusal.at < began && refusedUntil >= began
  const hasFailed = server.failedAt > Number.NEGATIVE_INFINITY && server.failedAt < began
  const isFree =
    !hasFailed &&
    !isRefused &&
    setbacks.every((setback) => setback === undefined || setback.at >= began || setback.notBefore < began)
  const wellFor = began + host.suspended - Math.max(machine.wellSince, host.wokeAt)
  const isHanging = [...lookups].some(({ beganAt }) => beganAt < machine.wellSince)
  if (limit < leastPatience || !isFree || isHanging || wellFor < slackOf(service)) return
  world.violate('I14', name, `${code} for "${scope}", asked of a server that had been well for ${wellFor} ms`)
}
