import { NotedSource } from '../bearer/noted-source.ts'
import { UsageBook } from '../bearer/usage-book.ts'
import { TokenCache } from '../cache/token-cache.ts'
import { lateProver } from '../client-authentication/late-prover.ts'
import type { Clock } from '../clock.ts'
import { joinConnectionGroup, type Membership } from '../connection-group/connection-group.ts'
import { guardedEmitter, type Off, type On } from '../emitter.ts'
import type { Emit } from '../events.ts'
import type { CheckedOptions } from '../options/client-options.ts'
import { type CountingTelemetry, clientTelemetry } from '../telemetry/client-telemetry.ts'
import { publishEvent } from '../telemetry/event-channels.ts'
import { requestTracing } from '../telemetry/request-channel.ts'
import type { TokenSource } from '../token/token-source.ts'
import { Ending } from '../waiting/ending.ts'
import { sourceBelow } from './source-below.ts'

/**
 * What stands between the callers of one client and the authorization server, from top to bottom: the cache, the store, if there is one, and the token
 * endpoint.
 */
export class TokenRoad {
  readonly telemetry: CountingTelemetry
  readonly emit: Emit
  readonly on: On
  readonly off: Off
  /** The client's clock. It has one timer for everything that no caller waits for. */
  readonly clock: Clock
  /** Who was called with which scope. */
  readonly book: UsageBook
  readonly cache: TokenCache
  readonly #source: ReturnType<typeof sourceBelow>
  readonly #group: Membership

  constructor(checked: CheckedOptions) {
    const { timeout, refresh, maxWaiting } = checked
    const telemetry = clientTelemetry(checked)
    const { emit, on, off } = guardedEmitter((name, event) => publishEvent(name, event, telemetry))
    const group = joinConnectionGroup(checked)
    const { clock, health } = group
    const closing = new Ending()
    const endpoint = endpointOf(checked, group, { telemetry, emit, closing })
    const source = sourceBelow(checked, { endpoint, clock, emit, risen: (spread) => this.cache.renewAll(spread) })
    const lastLook = { at: 0 }
    this.telemetry = telemetry
    this.emit = emit
    this.on = on
    this.off = off
    this.clock = clock
    this.#source = source
    this.#group = group
    this.book = new UsageBook(lastLook)
    this.cache = new TokenCache({
      clock,
      timeout,
      emit,
      endpoint: health,
      source: new NotedSource(source, this.book),
      lastLook,
      refresh,
      maxWaiting,
      trace: requestTracing(telemetry, clock),
      closing
    })
    warnOfDisabledVerification(emit)
  }

  async close(): Promise<void> {
    this.cache.close()
    this.#source.close?.()
    await this.#group.leave()
  }
}

/** Undefined for a reader of a store, which has no credential. */
function endpointOf(
  { clientId, clientAuthentication, dpop, timeout, defaultLifetime, bearerTypes, headers }: CheckedOptions,
  { tokenEndpoint, clock }: Membership,
  { telemetry, emit, closing }: Pick<TokenRoad, 'telemetry' | 'emit'> & { readonly closing: Ending }
): TokenSource | undefined {
  if (clientAuthentication === undefined) return undefined
  return tokenEndpoint({
    clientId,
    clientAuthentication,
    clock,
    timeout,
    emit,
    defaultLifetime,
    bearerTypes,
    headers,
    prover: dpop && lateProver({ source: dpop.source, clock, timeout, closing }),
    allowBearer: dpop?.allowBearer ?? false,
    telemetry
  })
}

function warnOfDisabledVerification(emit: Emit): void {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return
  const message =
    'NODE_TLS_REJECT_UNAUTHORIZED is 0, so no certificate is checked. Give your CA as connect: { ca } instead.'
  emit('warning', { code: 'tls_verification_disabled', message })
}
