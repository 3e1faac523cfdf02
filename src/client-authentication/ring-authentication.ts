import type { ClientAuthentication, TokenRequestDraft } from './client-authentication.ts'
import type { CredentialRing } from './credential-ring.ts'

interface Method<Credential> extends Pick<ClientAuthentication, 'method' | 'needsIssuer' | 'mutualTls'> {
  /** Adds the proof to the draft. */
  prove(draft: TokenRequestDraft, credential: Credential): void | Promise<void>
}

/** Client authentication by a ring of credentials: each proof remembers the one that it was made with. */
export function ringAuthentication<Credential>(
  ring: CredentialRing<Credential>,
  { prove, ...method }: Method<Credential>
): ClientAuthentication {
  return {
    needsIssuer: false,
    mutualTls: undefined,
    ...method,
    async authenticate(draft) {
      const credential = await ring.current(draft.warn, draft.limit)
      await prove(draft, credential)
      return {
        method: method.method,
        accepted: () => ring.accepted(credential, draft.warn),
        refused: () => ring.refused(credential, draft.warn)
      }
    },
    changed: () => ring.changed()
  }
}
