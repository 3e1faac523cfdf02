import type { Meter } from '@opentelemetry/api'
import type { Instrumented } from './instrumented.ts'
import { addressAttributes } from './request-messages.ts'

/** How often resource servers refused a token, and what the client warned of. */
export function countRejections({ tokens, name }: Instrumented, meter: Meter): () => void {
  const common = { 'service_token.client.name': name }
  const rejections = meter.createCounter('service_token.client.rejections', {
    description: 'Calls whose token a resource server refused, or whose scope it found too small.',
    unit: '{rejection}'
  })
  const warnings = meter.createCounter('service_token.client.warnings', {
    description: 'What cost no call and should be looked at.',
    unit: '{warning}'
  })
  const stops = [
    tokens.on('rejected', ({ origin, status, count }) => {
      const where = addressAttributes(new URL(origin).host)
      rejections.add(count, { ...common, ...where, 'http.response.status_code': status })
    }),
    tokens.on('warning', ({ code }) => warnings.add(1, { ...common, 'service_token.warning.code': code }))
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
