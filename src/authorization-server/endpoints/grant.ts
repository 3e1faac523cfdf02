import { distinct, isScopeToken, splitScope } from '../../token/scope.ts'
import type { Form } from '../http/form.ts'
import { OAuthError } from '../http/oauth-error.ts'
import type { RegisteredClient } from '../registry/client-registration.ts'
import type { Grant } from '../tokens/claims.ts'

/** What the server knows beside the client. */
export interface GrantPolicy {
  /** Every scope token there is. */
  readonly scopes: readonly string[]
  /** `aud` of a token when neither the request nor the client names one. */
  readonly defaultAudience: string
}

/**
 * What this client gets for this request.
 * @throws OAuthError `unsupported_grant_type`, `invalid_scope` (RFC 6749 §5.2) or `invalid_target` (RFC 8707 §2).
 */
export function decideGrant(client: RegisteredClient, form: Form, policy: GrantPolicy): Grant {
  const grantType = form.value('grant_type')
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing.')
  if (grantType !== 'client_credentials')
    throw new OAuthError('unsupported_grant_type', 'The only grant is client_credentials.')
  return { client, scope: grantedScope(client, form, policy), audience: grantedAudience(client, form, policy) }
}

/** A scope that nobody has is refused; of the others the client gets those that are its own (RFC 6749 §3.3). */
function grantedScope(client: RegisteredClient, form: Form, { scopes }: GrantPolicy): readonly string[] {
  const asked = form.value('scope')
  if (asked === undefined) return client.scope
  const members = splitScope(asked)
  if (members.some((member) => !isScopeToken(member) || !scopes.includes(member)))
    throw new OAuthError('invalid_scope', 'The scope is malformed or unknown here.')
  const granted = members.filter((member) => client.scope.includes(member))
  if (granted.length === 0) throw new OAuthError('invalid_scope', 'The client may have none of this scope.')
  return granted
}

/** RFC 9068 §3: from `resource`, else from `audience` as many servers take it, else what is usual for the client. */
function grantedAudience(client: RegisteredClient, form: Form, { defaultAudience }: GrantPolicy): readonly string[] {
  const resources = form.values('resource')
  if (!resources.every(isResourceIndicator))
    throw new OAuthError('invalid_target', 'A resource must be an absolute URI without a fragment.')
  const asked = distinct(resources.length > 0 ? resources : form.values('audience'))
  const own = client.audience
  if (asked.length === 0) return own ?? [defaultAudience]
  if (own !== undefined && !asked.every((target) => own.includes(target)))
    throw new OAuthError('invalid_target', 'The client may not have tokens for this resource or audience.')
  return asked
}

function isResourceIndicator(text: string): boolean {
  return URL.canParse(text) && !text.includes('#')
}
