import { distinct, isScopeToken, splitScope } from '../../token/scope.ts'
import type { Form } from '../http/parse-form.ts'
import { OAuthError } from '../http/refusal-error.ts'
import type { Grant, RegisteredClient, RegistryModel, Service } from '../registry/model.ts'
import type { TokenContent } from '../tokens/token-claims.ts'

/** What the decision depends on, beside the client and its request. */
export interface GrantPolicy {
  readonly registry: RegistryModel
  /** The `aud` of a token if neither the request nor the registry names one. */
  readonly defaultAudience: string
}

/**
 * Decides what the client gets: a token for one service, with the scope that the client is granted there.
 * @throws OAuthError `unsupported_grant_type`, `invalid_scope`, `unauthorized_client` (RFC 6749 §5.2) or `invalid_target` (RFC 8707 §2).
 */
export function decideGrant(client: RegisteredClient, form: Form, policy: GrantPolicy): TokenContent {
  const grantType = form.value('grant_type')
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing.')
  if (grantType !== 'client_credentials')
    throw new OAuthError('unsupported_grant_type', 'This server only supports the grant type client_credentials.')
  const targets = askedTargets(form)
  const asked = askedScope(form, policy.registry)
  if (client.grants.length === 0 && targets.length === 0)
    throw new OAuthError('unauthorized_client', 'The client may not call any service.')
  const grant = targets.length === 0 ? onlyGrant(client, asked) : grantFor(client, targets, policy.registry, asked)
  const { audience = targets[0] ?? policy.defaultAudience } = grant.service
  return { client, service: grant.service.name, audience, scope: grantedScope(grant, asked), roles: grant.roles }
}

const longestTarget = 1000

/** The targets in `resource` (RFC 8707 §2), or else in `audience`, which many servers use. */
function askedTargets(form: Form): readonly string[] {
  const resources = form.values('resource')
  if (!resources.every((resource) => URL.canParse(resource) && !resource.includes('#')))
    throw new OAuthError('invalid_target', 'A resource must be an absolute URI without a fragment.')
  const asked = distinct(resources.length > 0 ? resources : form.values('audience'))
  if (asked.some((target) => target.length > longestTarget))
    throw new OAuthError('invalid_target', `A resource or audience can have ${longestTarget} characters at most.`)
  return asked
}

/** The requested scope. A scope that no service declares is refused (RFC 6749 §3.3). */
function askedScope(form: Form, { scopes }: RegistryModel): readonly string[] | undefined {
  const asked = form.value('scope')
  if (asked === undefined) return undefined
  const members = splitScope(asked)
  if (members.some((member) => !isScopeToken(member) || !scopes.includes(member)))
    throw new OAuthError('invalid_scope', 'The scope is malformed or unknown.')
  return members
}

/** The client's grant for the service that the request names by its audience or its name. */
function grantFor(
  client: RegisteredClient,
  targets: readonly string[],
  { services }: RegistryModel,
  asked: readonly string[] = []
): Grant {
  const open = client.grants.find(({ service }) => service.audience === undefined)
  const named = targets.map((target) => open?.service ?? serviceBy(target, services))
  const [service, other] = distinct(named.map(({ name }) => name))
  if (other !== undefined || (open !== undefined && targets.length > 1))
    throw new OAuthError('invalid_target', 'A token can only be for one service. Ask for a token for each service.')
  const grant = client.grants.find((one) => one.service.name === service)
  if (grant !== undefined) return grant
  const declared = service === undefined ? undefined : services.get(service)
  const missing = { service: service ?? '', scope: asked.filter((member) => declared?.scopes.has(member)) }
  throw new OAuthError('invalid_target', `The client may not call ${service}.`, { missing })
}

function serviceBy(target: string, services: ReadonlyMap<string, Service>): Service {
  const found = services.get(target) ?? [...services.values()].find(({ audience }) => audience === target)
  if (found !== undefined) return found
  const known = [...services.keys()].slice(0, 10).join(', ') || 'none'
  throw new OAuthError('invalid_target', `No service has this audience or name. The services are ${known}.`)
}

/** Without a target, the scope must fit exactly one service. The server does not choose between several. */
function onlyGrant({ grants }: RegisteredClient, asked?: readonly string[]): Grant {
  const whole = grants.filter(({ scope }) => asked?.every((member) => scope.includes(member)) ?? true)
  const part = grants.filter(({ scope }) => asked?.some((member) => scope.includes(member)))
  const [grant, other] = whole.length > 0 ? whole : part
  if (grant === undefined) throw new OAuthError('invalid_scope', 'The client is not granted any of this scope.')
  if (other === undefined) return grant
  const choices = (whole.length > 0 ? whole : part).map(({ service, scope }) => `${service.name} (${scope.join(' ')})`)
  const sentence = `The request fits several services: ${choices.slice(0, 10).join(', ')}. Name one with resource or audience.`
  throw new OAuthError('invalid_target', sentence)
}

/** The part of the requested scope that is granted (RFC 6749 §3.3). */
function grantedScope({ service, scope }: Grant, asked: readonly string[] = scope): readonly string[] {
  const granted = asked.filter((member) => scope.includes(member))
  if (granted.length > 0 || asked.length === 0) return granted
  const missing = { service: service.name, scope: asked.filter((member) => service.scopes.has(member)) }
  throw new OAuthError('invalid_scope', `The client is not granted any of this scope at ${service.name}.`, { missing })
}
