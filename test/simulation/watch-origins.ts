import { guardOf } from './expected-law.ts'
import type { Ledger } from './ledger.ts'
import { everybody, slackOf } from './service-state.ts'
import type { Service, World } from './world.ts'

/** A call as it begins, and whether it has a reason to wait. */
export interface Beginning {
  /** True time. */
  readonly at: number
  readonly mayWait: boolean
  /** Another origin has refused its token. */
  readonly isSpared: boolean
}

/**
 * A call that has a token which its own origin takes has no reason to wait, whoever else has refused that token. `origin`: undefined for
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

/** I16: the call gets its token now. */
export function callServed(world: World, { name }: Service, { at, mayWait, isSpared }: Beginning): void {
  if (isSpared) world.statistics.spared += 1
  const waited = world.line.now - at
  if (waited > 0 && !mayWait) world.violate('I16', name, `a call waits ${waited} ms with a token that its origin takes`)
}

/** By either clock it is in the last stretch of its life, in which it is replaced before use. */
function isNearEnd(service: Service, { held }: Ledger): boolean {
  if (held === undefined) return true
  const { host } = service
  const { sent, endsAt } = held
  const life = endsAt - sent.at
  const moment = Math.max(host.monotonicTime(), host.wallTime() - sent.clockOffset)
  return moment > endsAt - guardOf(life) - slackOf(service)
}
