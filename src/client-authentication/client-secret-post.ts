import type { Secret } from '../token/secret.ts'
import type { ClientAuthentication, TokenRequestDraft } from './client-authentication.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { type ClientSecret, secretRing } from './secret-source.ts'

/** `client_secret_post`: both credentials in the form (RFC 6749 §2.3.1). */
export function clientSecretPost(secret: ClientSecret | readonly ClientSecret[]): ClientAuthentication {
  return ringAuthentication(secretRing(secret), { method: 'client_secret_post', prove: proveInForm })
}

export function proveInForm({ clientId, form }: TokenRequestDraft, secret: Secret): void {
  form.set('client_id', clientId)
  form.set('client_secret', secret.reveal())
}
