import { guardOf } from './expected-law.ts'
import type { Ledger } from './ledger.ts'
import { everybody, slackOf } from './service-state.ts'
import type { Service, World } from './world.ts'

/** A call at its beginning, and whether it may wait. */
export interface Beginning {
  /** True time. */
  readonly at: number
  readonly mayWait: boolean
  /** Another origin has refused the token, but this call need not wait. */
  readonly isSpared: boolean
}

/**
 * A call must not wait if there is a token that its own origin accepts, even if others have refused that token. `origin` is undefined for
 * a caller who does not say where the token goes.
 */
export function callBegins({ line }: World, service: Service, ledger: Ledger, origin?: string): Beginning {
  const { held } = ledger
  const serial = held && service.serials.get(held.value)
  const refusedBy = serial === undefined ? undefined : service.refused.get(serial)
  const isRefused = refusedBy !== undefined && (refusedBy.has(everybody) || refusedBy.has(origin ?? everybody))
  const mayWait = serial === undefined || isRefused || isNearEnd(service, ledger)
  return { at: line.now, mayWait, isSpared: !mayWait && refusedBy !== undefined }
}

/** Checks I16 when a call gets its token. */
export function callServed(world: World, { name }: Service, { at, mayWait, isSpared }: Beginning): void {
  if (isSpared) world.statistics.spared += 1
  const waited = world.line.now - at
  if (waited > 0 && !mayWait) world.violate('I16', name, `a call waits ${waited} ms with a token that its origin takes`)
}

/** Whether a token is by either clock in the last part of its life, in which it is replaced before use. */
function isNearEnd(service: Service, { held }: Ledger): boolean {
  if (held === undefined) return true
  const { host } = service
  const { sent, endsAt } = held
  const life = endsAt - sent.at
  const moment = Math.max(host.monotonicTime(), host.wallTime() - sent.clockOffset)
  return moment > endsAt - guardOf(life) - slackOf(service)
}
