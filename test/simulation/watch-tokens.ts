import type { Held, Ledger } from './ledger.ts'
import { latestByServer } from './server-failures.ts'
import { ledgerOf, slackOf } from './service-state.ts'
import type { Service, World } from './world.ts'

/** Checks the last part of I2: after a suspend, an ended token is sent only if another one was requested. */
export function tokenSent(world: World, service: Service, value: string): void {
  tokenGiven(world, service, value)
  const issued = world.authorizationServer.issued.get(value)
  const token = service.tokens.get(value)
  if (issued === undefined || token === undefined || world.settings.isShared) return
  if (isPastUnasked(world, service, ledgerOf(service, issued.scope), token))
    world.violate('I2', service.name, 'a token past its end, and none asked for')
}

/** Checks I2, I6 and I13 when a token is put on a request or given to a caller. */
export function tokenGiven(world: World, service: Service, value: string): void {
  const { host, name, tokens, serials } = service
  const issued = world.authorizationServer.issued.get(value)
  const token = tokens.get(value)
  if (issued === undefined || token === undefined) {
    world.violate('I2', name, 'a token that no server issued')
    return
  }

  const ledger = ledgerOf(service, issued.scope)
  const past = host.monotonicTime() - token.endsAt
  // A token whose answer took longer than its life is given to the callers who waited for it, and to no others.
  const justCame = token.cameAt === world.line.now
  if (past >= 0 && !justCame && !clockWasSetBackUnseen(service, token))
    world.violate('I2', name, `a token ${past} ms past its end by the monotonic clock`)
  if (world.line.now >= issued.endsAt && host.suspended === token.sent.suspended && past < 0 && !token.isShared)
    world.violate('I2', name, 'a token past its end although the clocks agree')

  const pastTold = token.toldEnd === undefined ? -1 : host.monotonicTime() - token.toldEnd
  if (pastTold >= 0 && !justCame && !clockWasSetBackUnseen(service, token))
    world.violate('I13', name, `a token ${pastTold} ms past an end that was told for it`)

  const serial = serials.get(value)
  const newest = ledger.held && serials.get(ledger.held.value)
  if (serial !== undefined && newest !== undefined && serial < newest)
    world.violate('I6', name, `serial ${serial} is used although ${newest} is there`)
}

/** The wall clock was set back while the process stood still, and with it the timer that ends a token. */
function clockWasSetBackUnseen({ host }: Service, { sent }: Held): boolean {
  return host.setBack > sent.setBack && host.wokeAt > 0
}

/** After a suspend only the wall clock shows that a token has ended. If it was set back too, nothing shows it. */
function isPastUnasked(world: World, service: Service, ledger: Ledger, token: Held): boolean {
  const { host, machine, refusal } = service
  const { value, sent } = token
  const moment = host.monotonicTime()
  const issued = world.authorizationServer.issued.get(value)
  if (issued === undefined || world.line.now < issued.endsAt + wallDrift || host.setBack > sent.setBack) return false
  const barred = [ledger.setback, refusal].some((setback) => (setback?.notBefore ?? 0) > moment)
  // Another kind of token may have met a failure of the server.
  return (
    !barred &&
    latestByServer(service, ledger) <= moment &&
    machine.supply === 'given' &&
    ledger.inFlight === 0 &&
    ledger.askedAt < host.wokeAt
  )
}

/** The server counts a life from a later moment, so its end is waited for so much longer. Milliseconds. */
const wallDrift = 60_000

/** Checks I1 when a call has failed because it got no token. */
export function tokenWanting(world: World, service: Service, scope: string, code: string): void {
  const { held } = ledgerOf(service, scope)
  const left = held === undefined ? 0 : held.endsAt - service.host.monotonicTime()
  if (left > slackOf(service))
    world.violate('I1', service.name, `${code} for "${scope}" with ${left} ms left of a token`)
}
