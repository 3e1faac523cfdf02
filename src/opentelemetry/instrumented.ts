import type { ClientTelemetry } from '../telemetry/client-telemetry.ts'
import type { TokenClient } from '../token-client/token-client.ts'

/** One client, as the parts of the instrumentation see it. */
export interface Instrumented {
  readonly tokens: TokenClient
  readonly telemetry: ClientTelemetry
  /** What it is called in metrics and spans. */
  readonly name: string
}
