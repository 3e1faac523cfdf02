import { unreachable } from './answers.ts'
import { isStrict, pauseOf } from './expected-law.ts'
import type { Held, Ledger } from './ledger.ts'
import { noteFailsAlone, noteFailure } from './server-failures.ts'
import { newServerView, type OpenExchange, type ServerView } from './server-view.ts'
import { attemptSince, slackOf } from './service-state.ts'
import { second } from './units.ts'
import type { Ending, Script } from './wire.ts'
import type { Service, World } from './world.ts'

/** One request that callers wait for, and one that nobody waits for. */
const mostProbes = 2

/** Checks I15, and that I4 holds during a pause. */
export function exchangeBegins(world: World, service: Service, ledger: Ledger, isFirstOfFlight: boolean): OpenExchange {
  const { name, server } = service
  const { illSince, open } = server
  // A request that was admitted before the server fell ill can leave a little later.
  const since = (illSince ?? Number.POSITIVE_INFINITY) + slackOf(service)
  const beside = [...open].filter(({ beganAt }) => beganAt >= since).length
  if (beside >= mostProbes) world.violate('I15', name, `${beside + 1} requests at once to a server that is ill`)
  // With a store a request leaves later than its flight was admitted, so this cannot be judged.
  if (!world.settings.isShared) judgePause(world, service, ledger, isFirstOfFlight)
  const exchange = { ledger, beganAt: world.line.now }
  open.add(exchange)
  return exchange
}

function judgePause(world: World, service: Service, ledger: Ledger, isFirstOfFlight: boolean): void {
  const { scope, held } = ledger
  const { host, name, server } = service
  const { pause } = server
  const moment = host.monotonicTime()
  const slack = slackOf(service)
  if (pause === undefined || moment <= pause.at + slack || moment >= pause.at + pause.asked - slack) return
  // The attempt began when it asked for its credential, and the server asked for the pause only after that.
  if (pause.at > attemptSince(service, ledger)) return
  const early = `a request for "${scope}" ${pause.at + pause.asked - moment} ms before the end of a pause`
  if (isStrict(pause.asked)) world.violate('I4', name, early)
  if (!isFirstOfFlight || isStrict(pause.asked)) return
  if (!endedBetween(held, pause.at - slack, moment + slack))
    world.violate('I4', name, `${early}, and no token has ended`)
  if (pause.isBroken) world.violate('I4', name, `${early}, which was broken already`)
  pause.isBroken = true
}

function endedBetween(held: Held | undefined, start: number, end: number): boolean {
  return held !== undefined && held.endsAt >= start && held.endsAt <= end
}

export function exchangeEnds(world: World, service: Service, exchange: OpenExchange, ending: Ending): void {
  const { server, host } = service
  const { ledger } = exchange
  const moment = host.monotonicTime()
  server.open.delete(exchange)
  if (service.closed) return
  const verdict = verdictOn(ending, world.line.now - exchange.beganAt, world.settings.timeout)
  if (verdict === 'well') {
    ledger.outageBefore = ending.isIssued ? undefined : server.outageSince
    becomesWell(server, moment)
    ledger.badAt = undefined
    ledger.mayBeAlone = false
    return
  }

  // If the server answered other kinds of tokens since this kind last failed, only this kind fails.
  const isAlone = ledger.badAt !== undefined && server.goodAt > ledger.badAt
  noteFailsAlone(service, ledger)
  const isCertain = verdict === 'ill' && !ledger.mayBeAlone
  noteFailure(service, ledger, { sentAt: ledger.isLate ? undefined : ledger.sentAt, asked: pauseIn(ending), isCertain })
  ledger.badAt = moment
  server.failedAt = moment
  if (verdict === 'unclear' || isAlone) {
    ledger.unclearAt = moment
    server.illSince = undefined
  } else server.illSince ??= world.line.now
  if (!isAlone && !ledger.mayBeAlone) notePause(world, service, exchange, ending)
  // If the library has forgotten the earlier failure, it counts this pause for the server.
  else if (pauseIn(ending) !== 0) server.pauses += 1
}

function becomesWell(server: ServerView, moment: number): void {
  Object.assign(server, { ...newServerView(), open: server.open, goodAt: moment })
}

function notePause({ line }: World, { server, host }: Service, { beganAt }: OpenExchange, ending: Ending): void {
  const moment = host.monotonicTime()
  const field = ending.script?.headers?.['retry-after']
  const known = pauseIn(ending)
  const isRead = field !== undefined && known !== undefined
  const asked = known ?? 0
  const former = server.pause
  // A request that was under way at the former failure reports the same failure. Then the longer of the two pauses holds.
  const isTogether = former !== undefined && beganAt <= former.toldAt
  if (isTogether && (field === undefined || (isRead && moment + asked <= former.at + former.asked))) return
  if (field !== undefined && !isTogether) server.pauses += 1
  const isBroken = isTogether ? former.isBroken : former !== undefined && moment < former.at + former.asked
  server.pause = asked > 0 ? { at: moment, toldAt: line.now, asked, isBroken } : undefined
}

/** The pause that an answer asks for, in milliseconds; undefined if that cannot be known. */
function pauseIn({ how, script }: Ending): number | undefined {
  const field = script?.headers?.['retry-after']
  if (field === undefined) return 0
  return how === 'whole' && /^\d+$/.test(field) ? pauseOf(Number(field) * second) : undefined
}

type Verdict = 'well' | 'ill' | 'unclear'

/** What an exchange certainly says about the server; otherwise it is unclear. */
function verdictOn({ how, script, isIssued }: Ending, took: number, timeout: number): Verdict {
  // The status of a refusal counts even if its body does not arrive.
  const { status: told = 0 } = script ?? {}
  const mayRefuse = told >= 400 && told < 500 && told !== 408 && told !== 429
  if (how === 'left') return took > 0.2 * timeout && !mayRefuse ? 'ill' : 'unclear'
  if (script?.status === undefined) return unreachable.includes(script?.ending ?? '') ? 'ill' : 'unclear'
  if (how === 'broken') return 'unclear'
  if (isIssued) return 'well'
  const { status } = script
  if (status >= 500 || status === 429 || status === 408) return 'ill'
  return (status === 400 || status === 401) && refuses(script) ? 'well' : 'unclear'
}

function refuses({ body = [], headers }: Script): boolean {
  if (headers?.['content-encoding'] !== undefined) return false
  try {
    const { error } = JSON.parse(body.join(''))
    // The value of `error` is a single word (RFC 6749 §5.2).
    return typeof error === 'string' && !/ |^(server_error|temporarily_unavailable)$/.test(error)
  } catch {
    return false
  }
}
