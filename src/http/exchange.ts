import type { ClientCertificate } from './client-certificate.ts'

/** One HTTP exchange with the authorization server. */
export interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The certificate for the connection. Exchanges with different certificates share no connection. */
  readonly certificate?: ClientCertificate | undefined
  /** Milliseconds for the whole exchange, connection and last byte included. */
  readonly timeout: number
  /** The largest body of the answer in bytes. A longer one ends the connection. The default is `limits.answerBytes`. */
  readonly mostBytes?: number
  /** Whether the process stays alive for it, on our own connections. The default is yes. */
  readonly holdsProcess?: boolean | undefined
  /** Called before anything is sent if a proxy is on the way, with the host and the proxy in words. */
  readonly through?: ((host: string) => void) | undefined
  /** Ends the exchange; it is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface Answer {
  readonly status: number
  /** Lower-case names; a repeated field is joined with a comma and a space (RFC 9110 §5.3). */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
