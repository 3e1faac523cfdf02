import type { TokenRequestDraft } from '../../src/client-authentication/client-authentication.ts'

/** A token request as a method of client authentication finds it. */
export function draft(fields: Partial<TokenRequestDraft> = {}): TokenRequestDraft {
  return {
    clientId: 'order-service',
    form: new URLSearchParams({ grant_type: 'client_credentials' }),
    headers: {},
    issuer: 'https://auth.internal',
    tokenEndpoint: 'https://auth.internal/token',
    ...fields
  }
}
