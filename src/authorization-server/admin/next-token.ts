import type { JWTPayload } from 'jose'
import { decideGrant } from '../endpoints/grant.ts'
import { formFrom } from '../http/parse-form.ts'
import { type MissingGrant, OAuthError } from '../http/refusal-error.ts'
import type { ServerParts } from '../overview/server-parts.ts'
import { anyAudience, type RegistryModel } from '../registry/model.ts'
import { inProfile } from '../tokens/in-profile.ts'
import { claims, type TokenContent } from '../tokens/token-claims.ts'
import { notFound } from './route.ts'

export interface Asked {
  readonly clientId: string
  /** The name or the audience of the service. If it is left out, the scope decides which service is meant. */
  readonly service?: string | undefined
  readonly scope?: string | undefined
}

export interface Refused {
  readonly error: string
  readonly reason: string
  /** The grant that the client lacks. */
  readonly missing: MissingGrant | undefined
}

/** The answer that a token request would get with a certain registry. No token is issued. */
export type NextToken =
  | {
      readonly content: TokenContent
      readonly claims: JWTPayload
      /** Its lifetime in milliseconds. */
      readonly life: number
      readonly refused?: undefined
    }
  | { readonly refused: Refused }

/** @throws AdminError if there is no such client */
export function nextToken(parts: ServerParts, model: RegistryModel, { clientId, service, scope }: Asked): NextToken {
  const client = model.clients.get(clientId)
  if (client === undefined) throw notFound(`There is no client "${clientId}".`)
  if (!client.enabled) return refusal('unauthorized_client', 'The client is disabled.')
  const { issuer, lifetime, profile, now } = parts
  const audience = service === anyAudience ? undefined : service
  try {
    const form = formFrom({ grant_type: 'client_credentials', audience, scope })
    const content = decideGrant(client, form, { registry: model, defaultAudience: issuer })
    const life = client.accessTokenLifetime ?? lifetime
    const issuedAt = now()
    const standard = claims(issuer, content, { issuedAt, expiresAt: issuedAt + life })
    return { content, claims: inProfile(standard, profile), life }
  } catch (error) {
    if (error instanceof OAuthError) return refusal(error.error, error.message, error.missing)
    throw error
  }
}

function refusal(error: string, reason: string, missing?: MissingGrant): NextToken {
  return { refused: { error, reason, missing } }
}
