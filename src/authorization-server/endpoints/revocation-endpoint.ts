import type { ClientGate } from '../client-authentication/client-gate.ts'
import { OAuthError } from '../http/refusal-error.ts'
import type { IssuedTokens } from '../tokens/issued-tokens.ts'
import type { Endpoint } from './endpoint.ts'

export interface RevocationEndpointOptions {
  readonly gate: ClientGate
  readonly issued: IssuedTokens
}

/** Lets a client revoke one of its tokens (RFC 7009). An unknown token is not valid anyway, so that is a success too (§2.2). */
export function revocationEndpoint({ gate, issued }: RevocationEndpointOptions): Endpoint {
  return {
    name: 'revocation',
    method: 'POST',
    async answer(request) {
      const { form, client } = await gate(request)
      const value = form.value('token')
      if (value === undefined) throw new OAuthError('invalid_request', 'token is missing.')
      const token = issued.find(value)
      if (token !== undefined && token.clientId !== client.clientId)
        throw new OAuthError('unauthorized_client', 'The token was issued to another client.')
      issued.revoke(value)
      return { status: 200, headers: { 'cache-control': 'no-store' }, body: '' }
    }
  }
}
