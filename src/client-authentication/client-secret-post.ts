import type { ClientAuthentication } from './client-authentication.ts'
import { type ClientSecret, secretSource } from './secret-source.ts'

/** `client_secret_post`: both credentials in the form (RFC 6749 §2.3.1). */
export function clientSecretPost(secret: ClientSecret): ClientAuthentication {
  const source = secretSource(secret)
  return {
    method: 'client_secret_post',
    async authenticate({ clientId, form }) {
      form.set('client_id', clientId)
      form.set('client_secret', (await source.read()).reveal())
    }
  }
}
