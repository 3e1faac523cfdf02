/** An HTTP answer before it is sent. */
export interface Answer {
  readonly status: number
  /** Names are in lower case. Several values become several header lines. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | Uint8Array
}

/** A JSON answer that must not be cached (RFC 6749 §5.1). */
export function jsonAnswer(status: number, body: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache', ...headers },
    body: JSON.stringify(body)
  }
}
