import type { Answer, Exchange, Sender } from '../http/send.ts'

/** The symbol under which `service-token-client/opentelemetry` finds the counters of a token client. */
export const telemetryOf: unique symbol = Symbol.for('service-token-client.telemetry') as never

/** The name of one client in messages, and its counters. */
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
  /** The same sender, which also counts the token requests. */
  counting(sender: Sender): Sender
}

export interface TelemetryOptions {
  readonly clientId: string
  readonly server: { readonly issuer: string | undefined; readonly tokenEndpoint: string | undefined }
  readonly clock: { wallTime(): number }
}

let clients = 0

export function clientTelemetry(options: TelemetryOptions): CountingTelemetry {
  clients += 1
  return new Telemetry(clients, options)
}

class Telemetry implements CountingTelemetry {
  readonly client: number
  readonly clientId: string
  readonly server: string
  requestsSent = 0
  readonly #clock: TelemetryOptions['clock']

  constructor(client: number, { clientId, server, clock }: TelemetryOptions) {
    this.client = client
    this.clientId = clientId
    this.server = new URL(server.tokenEndpoint ?? server.issuer ?? '').host
    this.#clock = clock
  }

  now(): number {
    return this.#clock.wallTime()
  }

  counting(sender: Sender): Sender {
    return new CountingSender(sender, this)
  }
}

class CountingSender implements Sender {
  readonly #sender: Sender
  readonly #telemetry: Telemetry

  constructor(sender: Sender, telemetry: Telemetry) {
    this.#sender = sender
    this.#telemetry = telemetry
  }

  send(exchange: Exchange): Promise<Answer> {
    this.#telemetry.requestsSent += 1
    return this.#sender.send(exchange)
  }

  close(): Promise<void> {
    return this.#sender.close()
  }
}
