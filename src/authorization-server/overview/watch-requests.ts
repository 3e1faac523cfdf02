import type { FaultSwitches } from '../faults/faults.ts'
import type { LoggedRequest, WritableRequestLog } from '../http/request-log.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import { type Usage, usage } from './edge-usage.ts'
import { type Journal, journal, requestSentence } from './journal.ts'

export interface Watched {
  readonly registry: ServerRegistry
  readonly requests: WritableRequestLog
  readonly faults: FaultSwitches
  readonly keys: SigningKeys
  /** Epoch ms. */
  readonly now: () => number
}

/** Records events in a journal, and which client uses which right. */
export function watch({ registry, requests, faults, keys, now }: Watched): { journal: Journal; usage: Usage } {
  const written = journal(now)
  const used = usage()
  requests.onSettled((request) => {
    const { clientId, service, granted, missing, receivedAt } = request
    if (clientId !== undefined && service !== undefined) used.granted(clientId, service, granted ?? [], receivedAt)
    if (clientId !== undefined && missing !== undefined) used.refused(clientId, missing.service, receivedAt)
    const withdrawnAt = withdrawnBefore(registry, request)
    written.add({
      kind: 'request',
      text: requestSentence(request),
      request,
      ...(withdrawnAt !== undefined && { withdrawnAt })
    })
  })
  registry.onChange((changes) => {
    for (const change of changes) written.add({ kind: 'registry', text: change.text, change })
  })
  faults.onChange((text) => written.add({ kind: 'fault', text }))
  keys.onRotate((text) => written.add({ kind: 'keys', text }))
  return { journal: written, usage: used }
}

/** When the right that a refused request lacked was withdrawn; undefined if it never was. */
function withdrawnBefore({ withdrawals }: ServerRegistry, { clientId, missing }: LoggedRequest): number | undefined {
  const withdrawal = clientId && missing && withdrawals.find(clientId, missing.service)
  if (!withdrawal) return undefined
  const moments = missing.scope.flatMap((scope) => withdrawal.scope.get(scope) ?? [])
  return moments.length > 0 ? Math.max(...moments) : missing.scope.length === 0 ? withdrawal.at : undefined
}
