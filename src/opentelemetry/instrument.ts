import { type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { type ClientTelemetry, telemetryOf } from '../telemetry/client-telemetry.ts'
import type { TokenClient } from '../token-client/token-client.ts'
import { version } from '../version.ts'
import { checkedFields, nonEmptyString, wrong } from '../wrong-option.ts'
import { countRejections } from './count-rejections.ts'
import { measureRequests } from './request-metrics.ts'
import { traceRequests } from './request-spans.ts'
import { observeTokens } from './token-gauges.ts'

export interface InstrumentOptions {
  /** The name of this client in every metric and span. Choose one name and use it in all instances. */
  readonly name: string
  /** The process's own unless given. */
  readonly meterProvider?: MeterProvider
  /** The process's own unless given. */
  readonly tracerProvider?: TracerProvider
}

export interface Instrumentation {
  /** Ends the instrumentation. It can be called more than once. */
  stop(): void
}

const scope = 'service-token-client'

/**
 * Records metrics and spans of a token client with the API of OpenTelemetry. `docs/telemetry.md` lists all of them. No attribute contains a token, a secret, or a text
 * that a caller or a server can choose.
 * Throws ClientConfigurationError if an option is wrong.
 */
export function instrument(tokens: TokenClient, options: InstrumentOptions): Instrumentation {
  checkedFields('instrument options', options, ['name', 'meterProvider', 'tracerProvider'])
  const name = nonEmptyString(
    'instrument options.name',
    options.name,
    'Give a name for this client, such as users-api.'
  )
  const { meterProvider = metrics.getMeterProvider(), tracerProvider = trace.getTracerProvider() } = options
  const meter = meterProvider.getMeter(scope, version)
  const instrumented = { tokens, telemetry: telemetryIn(tokens), name }
  const stops = [
    measureRequests(instrumented, meter),
    observeTokens(instrumented, meter),
    countRejections(instrumented, meter),
    traceRequests(instrumented, tracerProvider.getTracer(scope, version))
  ]
  return {
    stop() {
      for (const stop of stops.splice(0)) stop()
    }
  }
}

function telemetryIn(tokens: TokenClient): ClientTelemetry {
  const found = (tokens as { [telemetryOf]?: ClientTelemetry } | undefined)?.[telemetryOf]
  if (found !== undefined) return found
  return wrong('instrument', 'needs a token client', 'Give what createTokenClient() returns.')
}
