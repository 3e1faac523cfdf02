import type { Sender } from '../http/send.ts'

/** Under this name a token client shows `service-token-client/opentelemetry` what it counts. */
export const telemetryOf: unique symbol = Symbol.for('service-token-client.telemetry') as never

/** What one client is called in messages, and what it counts. */
export interface ClientTelemetry {
  /** Numbers the clients of a process. */
  readonly client: number
  readonly clientId: string
  /** Host and port of the authorization server, as it was configured. */
  readonly server: string
  /** Token requests that have left, whatever became of them. */
  readonly requestsSent: number
  /** Epoch ms on the clock of the client. */
  now(): number
}

export interface CountingTelemetry extends ClientTelemetry {
  /** The same sender, which counts the token requests. */
  counting(sender: Sender): Sender
}

export interface TelemetryOptions {
  readonly clientId: string
  readonly server: { readonly issuer: string | undefined; readonly tokenEndpoint: string | undefined }
  readonly clock: { wallTime(): number }
}

let clients = 0

export function clientTelemetry({ clientId, server, clock }: TelemetryOptions): CountingTelemetry {
  clients += 1
  let requestsSent = 0
  return {
    client: clients,
    clientId,
    server: new URL(server.tokenEndpoint ?? server.issuer ?? '').host,
    get requestsSent() {
      return requestsSent
    },
    now: () => clock.wallTime(),
    counting: (sender) => ({
      ...sender,
      send(exchange) {
        requestsSent += 1
        return sender.send(exchange)
      }
    })
  }
}
