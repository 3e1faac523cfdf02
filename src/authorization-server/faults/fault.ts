import type { Answer } from '../http/server-answer.ts'
import type { Delivery } from './delivery.ts'

/** The effect of a fault on one request. */
export interface Fault {
  /** The lifetime of its token in milliseconds. */
  readonly lifetime?: number
  readonly sameToken?: true
  /** Treats any nonce of a DPoP proof as expired. */
  readonly staleNonce?: true
  /** The answer that is sent instead of the real one, which is not created. */
  readonly instead?: Answer
  readonly alteration?: Alteration
  readonly deliver?: Delivery
}

/** Changes to parts of the real answer. */
export interface Alteration {
  readonly status?: number
  /** `undefined` removes the header. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Members of the JSON body; `undefined` removes the member. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** Applies the changes. A body that is not a JSON object has no members to change. */
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
