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

/** The ledgers of all other kinds of tokens. */
export function otherLedgers({ ledgers }: Service, { scope }: Ledger): Ledger[] {
  return [...ledgers.values()].filter((other) => other.scope !== scope)
}

/** One request tries a new credential for all kinds of tokens. The others may wait so long for it. Milliseconds. */
export const longestTrial = second

/** A refresh that nobody waits for may take so long. Milliseconds. */
export const longestInBackground = 31_500

/** How long a request that leaves now may have waited for such a trial. Milliseconds. */
export function longestTrialOf(service: Service, ledger: Ledger): number {
  const { host, machine } = service
  const moment = host.monotonicTime()
  const hasTried = ({ inFlight, endedAt }: Ledger) => inFlight > 0 || endedAt >= moment - machine.slack
  return otherLedgers(service, ledger).some(hasTried) ? longestTrial : 0
}

/** The earliest moment at which the attempt can have begun whose request leaves now. Monotonic ms. */
export function attemptSince(service: Service, ledger: Ledger): number {
  const { host, machine } = service
  const heldBack = ledger.isLate ? longestInBackground : longestTrialOf(service, ledger)
  return host.monotonicTime() - machine.slack - heldBack
}

/** The library counts from the start of an attempt, and the simulation sees its request up to so much later. Milliseconds. */
export function slackOf({ machine, ledgers }: Service): number {
  return machine.slack + (ledgers.size > 1 ? longestTrial : 0)
}

export const everybody = '*'

export function refuses({ shared, line }: World, service: Service, serial: number, who: string): void {
  const { refused, host } = service
  shared.calmSince = line.now
  const by = refused.get(serial) ?? new Map()
  if (!by.has(who)) by.set(who, host.monotonicTime())
  refused.set(serial, by)
}

/** Whether somebody has refused the token in hand. */
export function hasRefusedToken({ refused, serials }: Service, { held }: Ledger): boolean {
  return held !== undefined && refused.has(serials.get(held.value) ?? 0)
}

/** Whether there is a token in hand that has not ended and was not refused. */
function hasUsableToken(service: Service, ledger: Ledger): boolean {
  const { held } = ledger
  return held !== undefined && held.endsAt > service.host.monotonicTime() && !hasRefusedToken(service, ledger)
}

/** Whether there certainly is a usable token. */
export function surelyHasToken(service: Service, ledger: Ledger): boolean {
  const { held } = ledger
  return hasUsableToken(service, ledger) && (held?.endsAt ?? 0) > service.host.monotonicTime() + slackOf(service)
}

/** Whether the token in hand has certainly ended, or there is none. */
export function isWithoutToken(service: Service, { held }: Ledger): boolean {
  return held === undefined || held.endsAt < service.host.monotonicTime() - slackOf(service)
}
