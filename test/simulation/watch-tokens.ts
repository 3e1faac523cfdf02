import type { Held, Ledger } from './ledger.ts'
import { latestByServer } from './server-failures.ts'
import { ledgerOf, slackOf } from './service-state.ts'
import type { Service, World } from './world.ts'

/** I2, its last part: after a suspend a token past its end goes out only when another one was asked for. */
export function tokenSent(world: World, service: Service, value: string): void {
  tokenGiven(world, service, value)
  const issued = world.authorizationServer.issued.get(value)
  const token = service.tokens.get(value)
  if (issued === undefined || token === undefined || world.settings.isShared) return
  if (isPastUnasked(world, service, ledgerOf(service, issued.scope), token))
    world.violate('I2', service.name, 'a token past its end, and none asked for')
}

/** I2, I6 and I13: a token is put on a request, or handed to a caller. */
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
  // One that took longer to come than it lives is given to those who waited for it, and to nobody else.
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

/** The wall clock went back while the process, and with it the timer that ends a token, stood still. */
function clockWasSetBackUnseen({ host }: Service, { sent }: Held): boolean {
  return host.setBack > sent.setBack && host.wokeAt > 0
}

/** After a suspend the wall clock knows better; only when that was set back too does nothing tell. */
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

/** Lets a token's end on the server, which counts from later, come and go. Milliseconds. */
const wallDrift = 60_000

/** I1: a call failed for want of a token. */
export function tokenWanting(world: World, service: Service, scope: string, code: string): void {
  const { held } = ledgerOf(service, scope)
  const left = held === undefined ? 0 : held.endsAt - service.host.monotonicTime()
  if (left > slackOf(service))
    world.violate('I1', service.name, `${code} for "${scope}" with ${left} ms left of a token`)
}
