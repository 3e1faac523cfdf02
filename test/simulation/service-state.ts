import { type Ledger, newLedger } from './ledger.ts'
import { second } from './units.ts'
import type { Service, World } from './world.ts'

export const defaultScope = 'read'
export const issuer = 'https://auth.internal'
export const tokenEndpoint = `${issuer}/token`

export function ledgerOf({ ledgers }: Service, scope: string): Ledger {
  const known = ledgers.get(scope)
  if (known !== undefined) return known
  const ledger = newLedger(scope)
  ledgers.set(scope, ledger)
  return ledger
}

/** What is known of its other kinds of tokens. */
export function otherLedgers({ ledgers }: Service, { scope }: Ledger): Ledger[] {
  return [...ledgers.values()].filter((other) => other.scope !== scope)
}

/** A request for one kind of token may wait so long for the one that tries the credential for all. Milliseconds. */
export const longestTrial = second

/** Milliseconds that a refresh may take which nobody waits for. */
export const longestInBackground = 31_500

/** For how long a request that leaves now may have waited for such a one. */
export function longestTrialOf(service: Service, ledger: Ledger): number {
  const { host, machine } = service
  const moment = host.monotonicTime()
  const hasTried = ({ inFlight, endedAt }: Ledger) => inFlight > 0 || endedAt >= moment - machine.slack
  return otherLedgers(service, ledger).some(hasTried) ? longestTrial : 0
}

/** When the attempt may have begun whose request leaves now. Monotonic ms. */
export function attemptSince(service: Service, ledger: Ledger): number {
  const { host, machine } = service
  const heldBack = ledger.isLate ? longestInBackground : longestTrialOf(service, ledger)
  return host.monotonicTime() - machine.slack - heldBack
}

/** How far the wire's times may lie behind the library's own, which count from the start of an attempt. */
export function slackOf({ machine, ledgers }: Service): number {
  return machine.slack + (ledgers.size > 1 ? longestTrial : 0)
}

export const everybody = '*'

export function refuses({ shared, line }: World, { refused }: Service, serial: number, who: string): void {
  shared.calmSince = line.now
  refused.set(serial, (refused.get(serial) ?? new Set()).add(who))
}

/** Somebody has refused the token in hand. */
export function hasRefusedToken({ refused, serials }: Service, { held }: Ledger): boolean {
  return held !== undefined && refused.has(serials.get(held.value) ?? 0)
}

/** A token in hand that neither has ended nor was refused. */
export function hasUsableToken(service: Service, ledger: Ledger): boolean {
  const { held } = ledger
  return held !== undefined && held.endsAt > service.host.monotonicTime() && !hasRefusedToken(service, ledger)
}

/** Nobody can doubt that it has one. */
export function surelyHasToken(service: Service, ledger: Ledger): boolean {
  const { held } = ledger
  return hasUsableToken(service, ledger) && (held?.endsAt ?? 0) > service.host.monotonicTime() + slackOf(service)
}

/** Nobody can doubt that it has none. */
export function isWithoutToken(service: Service, { held }: Ledger): boolean {
  return held === undefined || held.endsAt < service.host.monotonicTime() - slackOf(service)
}
