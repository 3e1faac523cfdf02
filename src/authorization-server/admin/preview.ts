import type { JWTPayload } from 'jose'
import type { ServerParts } from '../overview/server-parts.ts'
import { tokensOut } from '../overview/tokens-out.ts'
import { checkRegistry } from '../registry/check-registry.ts'
import { registryModel } from '../registry/model.ts'
import { pathText, problemsError } from '../registry/problems.ts'
import type { ClientRegistration, GrantRegistration } from '../registry/registration.ts'
import { nextToken, type Refused } from './next-token.ts'

/** The claims of a token, without those that differ in each token, or the reason why there is none. */
export type TokenPreview = { readonly claims: JWTPayload } | { readonly refused: Refused }

export interface Preview {
  /** With the current registry. */
  readonly today: TokenPreview
  /** With the registry after the change. */
  readonly next: TokenPreview
  /** How many tokens of the client for the service are still valid. The change does not affect them. */
  readonly tokensOut: number
}

export interface ProposedGrant {
  readonly clientId: string
  readonly service: string
  /** The new grant; undefined withdraws the grant. */
  readonly grant: GrantRegistration | undefined
  /** Milliseconds; undefined leaves the lifetime of its tokens as it is. */
  readonly accessTokenLifetime?: number | undefined
}

/**
 * The next token for a service, with the current registry and after a proposed change.
 * @throws ClientConfigurationError if the change is not valid; AdminError if there is no such client
 */
export function preview(parts: ServerParts, proposed: ProposedGrant): Preview {
  const { clientId, service } = proposed
  const { current, model } = parts.registry
  const changed = { ...current, clients: current.clients.map((client) => withGrant(client, proposed)) }
  const problems = checkRegistry(changed)
  if (problems.length > 0) throw problemsError(problems, pathText)
  const asked = { clientId, service }
  const out = tokensOut(parts).filter((token) => token.clientId === clientId && token.service === service)
  return {
    today: told(nextToken(parts, model, asked)),
    next: told(nextToken(parts, registryModel(changed), asked)),
    tokensOut: out.length
  }
}

/** The registration of a client after a change of its grant. */
export function withGrant(client: ClientRegistration, proposed: ProposedGrant): ClientRegistration {
  const { clientId, service, grant, accessTokenLifetime = client.accessTokenLifetime } = proposed
  if (client.clientId !== clientId) return client
  const others = Object.fromEntries(Object.entries(client.may ?? {}).filter(([name]) => name !== service))
  const may = grant === undefined ? others : { ...client.may, [service]: grant }
  return { ...client, may, ...(accessTokenLifetime !== undefined && { accessTokenLifetime }) }
}

function told(next: ReturnType<typeof nextToken>): TokenPreview {
  if (next.refused !== undefined) return { refused: next.refused }
  const { jti: _, iat: _issued, exp: _ends, nbf: _begins, ...claims } = next.claims
  return { claims: { ...claims, life: `${Math.floor(next.life / 1000)} s` } }
}
