import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { Clock } from '../clock.ts'
import { type ErrorCode, TokenClientError } from '../errors.ts'
import { fieldsOf, type RefreshReason, type RequestFields, type TokenOrigin } from '../events.ts'
import { type AccessToken, originOf } from '../token/access-token.ts'
import type { ClientTelemetry } from './client-telemetry.ts'

/**
 * What subscribers of `tracing:service-token-client.request:*` are given: the same object from `start` to `asyncEnd`, with more in it at the end.
 * It holds no token and no secret.
 */
export interface RequestTrace extends RequestFields {
  /** Numbers the clients of a process. */
  readonly client: number
  readonly clientId: string
  /** Host and port of the authorization server. */
  readonly server: string
  readonly reason: RefreshReason
  /** Set at the end: the duration in milliseconds, the number of attempts, and the new token or the code of the failure. */
  duration?: number
  attempts?: number
  serial?: number
  origin?: TokenOrigin
  /** Epoch ms. */
  expiresAt?: number
  code?: ErrorCode
  transient?: boolean
}

/** What is known of a token request while it is under way. */
export interface TracedFlight {
  readonly reason: RefreshReason
  readonly attempts: number
}

/** Called when a token request starts, in the context of the caller that started it. */
export type TraceRequest = (request: RequestFields, flight: TracedFlight, arrival: Promise<AccessToken>) => void

export const requestChannelName = 'service-token-client.request'
const requests: TracingChannel<unknown, RequestTrace> = tracingChannel(requestChannelName)

/** Publishes by hand: `tracePromise` would put the result, a readable token, into the message. */
export function requestTracing({ client, clientId, server }: ClientTelemetry, clock: Clock): TraceRequest {
  return (request, flight, arrival) => {
    if (!requests.hasSubscribers) return
    const { reason } = flight
    const trace: RequestTrace = { client, clientId, server, reason, ...fieldsOf(request) }
    const startedAt = clock.monotonicTime()
    requests.start.publish(trace)
    requests.end.publish(trace)

    function ended(fields: Partial<RequestTrace>): void {
      Object.assign(trace, fields, { attempts: flight.attempts })
      trace.duration = Math.round(clock.monotonicTime() - startedAt)
      if (trace.code !== undefined) requests.error.publish(trace)
      requests.asyncStart.publish(trace)
      requests.asyncEnd.publish(trace)
    }

    arrival.then(
      (token) => ended({ serial: token.serial, origin: originOf(token), expiresAt: token.expiresAt }),
      (error) => ended(failureOf(error))
    )
  }
}

function failureOf(error: unknown): Partial<RequestTrace> {
  return error instanceof TokenClientError
    ? { code: error.code, transient: error.transient }
    : { code: 'ERR_NETWORK', transient: true }
}
