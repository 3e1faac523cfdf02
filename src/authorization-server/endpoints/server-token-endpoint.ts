import { joinScope } from '../../token/scope.ts'
import type { ClientGate } from '../client-authentication/client-gate.ts'
import type { TokenBinding } from '../client-authentication/token-binding.ts'
import { jsonAnswer } from '../http/server-answer.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import type { AccessTokens } from '../tokens/access-tokens.ts'
import type { Endpoint } from './endpoint.ts'
import { decideGrant } from './grant.ts'

export interface TokenEndpointOptions {
  readonly issuer: string
  readonly gate: ClientGate
  readonly registry: ServerRegistry
  readonly tokens: AccessTokens
  readonly binding: TokenBinding
  /** Milliseconds. */
  readonly lifetime: number
  /** Epoch ms. */
  readonly now: () => number
}

/** The client credentials grant (RFC 6749 §4.4). */
export function tokenEndpoint(options: TokenEndpointOptions): Endpoint {
  const { issuer, gate, registry, tokens, binding, lifetime, now } = options
  return {
    name: 'token',
    method: 'POST',
    async answer(request) {
      const { form, client } = await gate(request)
      const { fault } = request
      const { jkt, nonce } = binding.check(request, client)
      const decided = decideGrant(client, form, { registry: registry.model, defaultAudience: issuer })
      const content = { ...decided, thumbprint: request.certificate?.thumbprint, jkt }
      const issuedAt = now()
      const { entry } = request
      const { value, expiresAt } = await tokens.issue(content, {
        issuedAt,
        lifetime: fault.lifetime ?? client.accessTokenLifetime ?? lifetime,
        again: fault.sameToken ?? false
      })
      entry.service = content.service
      entry.granted = content.scope
      entry.expiresAt = expiresAt
      const answer = {
        access_token: value,
        token_type: jkt === undefined ? 'Bearer' : 'DPoP',
        expires_in: Math.floor((expiresAt - issuedAt) / 1000),
        ...(content.scope.length > 0 && { scope: joinScope(content.scope) })
      }
      return jsonAnswer(200, answer, nonce === undefined ? {} : { 'dpop-nonce': nonce })
    }
  }
}
