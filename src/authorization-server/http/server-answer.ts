/** One HTTP answer of the server, before it is written. */
export interface Answer {
  readonly status: number
  /** Lower-case names; several values are several header lines. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | Uint8Array
}

/** A JSON answer that no cache keeps (RFC 6749 §5.1). */
export function jsonAnswer(status: number, body: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache', ...headers },
    body: JSON.stringify(body)
  }
}
