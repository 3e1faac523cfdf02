import type { Answer } from '../http/server-answer.ts'
import type { Delivery } from './delivery.ts'

/** What is wrong with one request. */
export interface Fault {
  /** Milliseconds that its token lives. */
  readonly lifetime?: number
  readonly sameToken?: true
  /** The nonce of a proof counts as old, whatever it is. */
  readonly staleNonce?: true
  /** Sent instead of the real answer, which is not created. */
  readonly instead?: Answer
  readonly alteration?: Alteration
  readonly deliver?: Delivery
}

/** Parts of the real answer that are changed. */
export interface Alteration {
  readonly status?: number
  /** `undefined` takes the header away. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Members of the JSON body; `undefined` takes the member away. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** The answer with some of its parts changed. A body that is no JSON object has no members to change. */
export function altered(answer: Answer, { status = answer.status, headers = {}, members }: Alteration): Answer {
  const changed: Record<string, string | readonly string[]> = { ...answer.headers }
  for (const [name, value] of Object.entries(headers))
    if (value === undefined) delete changed[name.toLowerCase()]
    else changed[name.toLowerCase()] = value
  return { status, headers: changed, body: members === undefined ? answer.body : withMembers(answer.body, members) }
}

function withMembers(body: Answer['body'], members: Readonly<Record<string, unknown>>): Answer['body'] {
  try {
    return JSON.stringify({ ...JSON.parse(String(body)), ...members })
  } catch {
    return body
  }
}
