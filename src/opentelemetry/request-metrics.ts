import type { Meter, ObservableResult } from '@opentelemetry/api'
import type { Instrumented } from './instrumented.ts'
import { addressAttributes, onRequests } from './request-messages.ts'

/** Seconds, from a server next door to the time limit of a caller. */
const explicitBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** How long token requests take and how they end, and how many have left. */
export function measureRequests({ telemetry, name }: Instrumented, meter: Meter): () => void {
  const common = { 'service_token.client.name': name, ...addressAttributes(telemetry.server) }
  const duration = meter.createHistogram('service_token.client.request.duration', {
    description: 'Time from the start of a token request to its token or its failure, repeats included.',
    unit: 's',
    advice: { explicitBucketBoundaries }
  })
  const sent = meter.createObservableCounter('service_token.client.requests.sent', {
    description: 'Requests that were sent to the token endpoint, repeats included.',
    unit: '{request}'
  })
  const observe = (result: ObservableResult) => result.observe(telemetry.requestsSent, common)
  sent.addCallback(observe)
  const stop = onRequests(telemetry.client, {
    ended({ reason, code, origin, attempts = 0, duration: ms = 0 }) {
      if (attempts === 0) return // turned away before anybody was asked, because the server is known to be ill
      const outcome = code === undefined ? { 'service_token.token.origin': origin } : { 'error.type': code }
      duration.record(ms / 1000, { ...common, 'service_token.request.reason': reason, ...outcome })
    }
  })
  return () => {
    sent.removeCallback(observe)
    stop()
  }
}
