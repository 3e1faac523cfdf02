import type { ClientCertificate } from './client-certificate.ts'

/** One HTTP exchange with the authorization server. */
export interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** What the connection presents: this exchange shares none with others of another certificate. */
  readonly certificate?: ClientCertificate | undefined
  /** Milliseconds for the whole exchange, connection and last byte included. */
  readonly timeout: number
  /** Bytes of the answer's body, at which the connection ends; `limits.answerBytes` unless given. */
  readonly mostBytes?: number
  /** Whether the process stays alive for it, on connections of our own; yes unless given. */
  readonly holdsProcess?: boolean | undefined
  /** Ends the exchange; it is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface Answer {
  readonly status: number
  /** Lower-case names; a repeated field is joined with a comma and a space (RFC 9110 §5.3). */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
