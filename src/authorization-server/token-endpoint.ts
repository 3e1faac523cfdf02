import { joinScope } from '../token/scope.ts'
import type { AccessTokens } from './access-tokens.ts'
import { type Answer, jsonAnswer } from './answer.ts'
import type { AttemptLimit } from './attempt-limit.ts'
import { authenticateClient } from './client-authentication.ts'
import type { ClientRegistry } from './clients.ts'
import type { Endpoint } from './endpoint.ts'
import { parseForm } from './form.ts'
import { decideGrant } from './grant.ts'

export interface TokenEndpointOptions {
  readonly issuer: string
  readonly clients: ClientRegistry
  readonly tokens: AccessTokens
  /** Milliseconds. */
  readonly lifetime: number
  readonly limit: AttemptLimit
  /** Epoch ms. */
  readonly now: () => number
}

/** The client credentials grant (RFC 6749 §4.4). */
export function tokenEndpoint(options: TokenEndpointOptions): Endpoint {
  const { issuer, clients, tokens, lifetime, limit, now } = options
  return {
    name: 'token',
    method: 'POST',
    async answer({ headers, body, entry, fault }): Promise<Answer> {
      const form = parseForm(headers['content-type'], body)
      entry.scope = form.value('scope')
      const client = await authenticateClient({ headers, form }, clients, limit)
      entry.clientId = client.clientId
      const grant = decideGrant(client, form, { scopes: clients.scopes(), defaultAudience: issuer })
      const issuedAt = now()
      const { value, expiresAt } = await tokens.issue(grant, {
        issuedAt,
        lifetime: fault.lifetime ?? lifetime,
        again: fault.sameToken ?? false
      })
      return jsonAnswer(200, {
        access_token: value,
        token_type: 'Bearer',
        expires_in: Math.floor((expiresAt - issuedAt) / 1000),
        ...(grant.scope.length > 0 && { scope: joinScope(grant.scope) })
      })
    }
  }
}
