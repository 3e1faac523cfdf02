import { isBoundToKey } from '../../resource-server/verified-token.ts'
import type { ClientGate } from '../client-authentication/client-gate.ts'
import { OAuthError } from '../http/refusal-error.ts'
import { jsonAnswer } from '../http/server-answer.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import type { IssuedTokens } from '../tokens/issued-tokens.ts'
import type { Endpoint } from './endpoint.ts'

export interface IntrospectionEndpointOptions {
  readonly gate: ClientGate
  readonly registry: ServerRegistry
  readonly issued: IssuedTokens
  /** Epoch ms. */
  readonly now: () => number
}

/** Says whether a token is active now, and what it contains (RFC 7662). For an inactive token it does not say why. */
export function introspectionEndpoint({ gate, registry, issued, now }: IntrospectionEndpointOptions): Endpoint {
  return {
    name: 'introspection',
    method: 'POST',
    async answer(request) {
      const { form } = await gate(request)
      const value = form.value('token')
      if (value === undefined) throw new OAuthError('invalid_request', 'token is missing.')
      const token = issued.find(value)
      const active =
        token !== undefined && now() < token.expiresAt && registry.model.clients.get(token.clientId)?.enabled
      if (active !== true) return jsonAnswer(200, { active: false })
      return jsonAnswer(200, { active, token_type: isBoundToKey(token) ? 'DPoP' : 'Bearer', ...token.claims })
    }
  }
}
