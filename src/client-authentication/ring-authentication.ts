import type { ClientAuthentication, Proof, TokenRequestDraft } from './client-authentication.ts'
import type { CredentialRing } from './credential-ring.ts'

/** How one method authenticates the client with one of its credentials. */
export interface ProvingMethod<Credential> {
  readonly method: string
  /** Adds the proof to the draft. */
  prove(draft: TokenRequestDraft, credential: Credential): void | Promise<void>
}

interface Method<Credential>
  extends Pick<ClientAuthentication, 'needsIssuer' | 'mutualTls'>,
    ProvingMethod<Credential> {}

/** Client authentication with a ring of credentials. */
export function ringAuthentication<Credential>(
  ring: CredentialRing<Credential>,
  { needsIssuer = false, mutualTls, ...proving }: Method<Credential>
): ClientAuthentication {
  return {
    method: proving.method,
    needsIssuer,
    mutualTls,
    authenticate: (draft) => proofByRing(ring, proving, draft),
    changed: () => ring.changed()
  }
}

/** Each proof remembers the credential that it was made with. */
export async function proofByRing<Credential>(
  ring: CredentialRing<Credential>,
  { method, prove }: ProvingMethod<Credential>,
  draft: TokenRequestDraft
): Promise<Proof> {
  const credential = await ring.current(draft.warn, draft.deadline)
  await prove(draft, credential)
  return {
    method,
    accepted: () => ring.accepted(credential, draft.warn),
    refused: () => ring.refused(credential, draft.warn)
  }
}
