import { late } from '../late.ts'
import { wrong } from '../wrong-option.ts'
import type { Signer } from './client-assertion.ts'
import type { TokenRequestDraft } from './client-authentication.ts'

export const signingCode = late(() => import('./client-assertion.ts'))

/** For a method that will sign assertions: it checks what they name as their audience, and begins to load what signs them, with a key of its own or through somebody who has it. */
export function preparedAudience(audience: unknown, hasKey = true): void {
  if (audience !== undefined && (typeof audience !== 'string' || audience === ''))
    wrong('audience', 'must be one string', 'Leave it out for the issuer, or give the URL of the token endpoint.')
  prepare(hasKey).catch(() => {}) // told to the token request that needs it
}

async function prepare(hasKey: boolean): Promise<void> {
  const { joseCode } = await signingCode.load()
  if (hasKey) await joseCode.load()
}

/** Writes an assertion of the client into the form (RFC 7523 §2.2). */
export async function signAssertion(draft: TokenRequestDraft, signer: Signer, audience?: string): Promise<void> {
  const code = signingCode.loaded ?? (await signingCode.load())
  return code.signAssertion(draft, signer, audience)
}
