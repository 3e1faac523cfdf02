import { isDeepStrictEqual } from 'node:util'
import { credentialNames } from './credentials.ts'
import type { Grant, RegistryModel } from './model.ts'
import type { ClientRegistration, Registry } from './registration.ts'

/** One difference between two registries. */
export interface RegistryChange {
  readonly kind: 'allowed' | 'withdrawn' | 'client' | 'service'
  readonly clientId?: string
  readonly service?: string
  /** The scopes that were allowed or withdrawn. */
  readonly scope?: readonly string[]
  readonly roles?: readonly string[]
  /** The change as a sentence, such as `orders may call billing: charge.` It contains no secret. */
  readonly text: string
}

/** A registry as a document, and its model. */
export interface ReadRegistry {
  readonly document: Registry
  readonly model: RegistryModel
}

/** The differences between two registries, services first. */
export function changesBetween(before: ReadRegistry, after: ReadRegistry): readonly RegistryChange[] {
  return [
    ...serviceChanges(before.model, after.model),
    ...clientChanges(before.document.clients, after.document.clients),
    ...grantChanges(before.model, after.model)
  ]
}

function serviceChanges(before: RegistryModel, after: RegistryModel): RegistryChange[] {
  return both(before.services, after.services).flatMap(([service, old, now]) => {
    if (isDeepStrictEqual(old, now)) return []
    const text = `The service ${service} ${old === undefined ? 'is new' : now === undefined ? 'was removed' : 'has changed'}.`
    return [{ kind: 'service' as const, service, text }]
  })
}

function clientChanges(before: readonly ClientRegistration[], after: readonly ClientRegistration[]): RegistryChange[] {
  return both(byId(before), byId(after)).flatMap(([clientId, old, now]) =>
    clientSentences(clientId, old, now).map((text) => ({ kind: 'client' as const, clientId, text }))
  )
}

function clientSentences(clientId: string, old?: ClientRegistration, now?: ClientRegistration): string[] {
  if (old === undefined) return [`The client ${clientId} is new.`]
  if (now === undefined) return [`The client ${clientId} was removed.`]
  const differs = (names: readonly string[]) =>
    names.some((name) => !isDeepStrictEqual(Reflect.get(old, name), Reflect.get(now, name)))
  return [
    ...(differs(['enabled'])
      ? [`${clientId} ${now.enabled === false ? 'is disabled and gets no tokens' : 'is enabled'}.`]
      : []),
    ...(differs(credentialNames) ? [`The credentials of ${clientId} have changed.`] : []),
    ...(differs(['accessTokenLifetime']) ? [`The lifetime of the tokens of ${clientId} has changed.`] : []),
    ...(differs(['dpop', 'dpopNonces'])
      ? [`The rule that binds the tokens of ${clientId} to a DPoP key has changed.`]
      : []),
    ...(differs(['claims', 'authorities']) ? [`The claims of the tokens of ${clientId} have changed.`] : [])
  ]
}

function grantChanges(before: RegistryModel, after: RegistryModel): RegistryChange[] {
  return both(grantsOf(before), grantsOf(after)).flatMap(([, old, now]) => {
    const { clientId, grant } = (now ?? old) as ClientGrant
    const edge = { clientId, service: grant.service.name }
    return [...allowed(edge, old?.grant, now?.grant), ...withdrawn(edge, old?.grant, now?.grant)]
  })
}

interface Edge {
  readonly clientId: string
  readonly service: string
}

function allowed(edge: Edge, old: Grant | undefined, now: Grant | undefined): RegistryChange[] {
  const gained = { scope: added(old?.scope, now?.scope), roles: added(old?.roles, now?.roles) }
  if (now === undefined || (old !== undefined && isEmpty(gained))) return []
  const text = `${edge.clientId} may call ${edge.service}: ${inWords(gained)}.`
  return [{ kind: 'allowed', ...edge, ...gained, text }]
}

function withdrawn(edge: Edge, old: Grant | undefined, now: Grant | undefined): RegistryChange[] {
  const lost = { scope: added(now?.scope, old?.scope), roles: added(now?.roles, old?.roles) }
  if (old === undefined || (now !== undefined && isEmpty(lost))) return []
  const { clientId, service } = edge
  const text =
    now === undefined
      ? `${clientId} may no longer call ${service}.`
      : `${clientId} may still call ${service}, but no longer with: ${inWords(lost)}.`
  return [{ kind: 'withdrawn', ...edge, ...lost, text }]
}

interface Rights {
  readonly scope: readonly string[]
  readonly roles: readonly string[]
}

function isEmpty({ scope, roles }: Rights): boolean {
  return scope.length + roles.length === 0
}

function inWords({ scope, roles }: Rights): string {
  const words = [...scope, ...roles.map((role) => `role ${role}`)]
  return words.length === 0 ? 'without any scope' : words.join(', ')
}

/** The members of `after` that are not in `before`. */
function added(before: readonly string[] = [], after: readonly string[] = []): readonly string[] {
  return after.filter((member) => !before.includes(member))
}

interface ClientGrant {
  readonly clientId: string
  readonly grant: Grant
}

function grantsOf({ clients }: RegistryModel): ReadonlyMap<string, ClientGrant> {
  const all = [...clients.values()].flatMap(({ clientId, grants }) => grants.map((grant) => ({ clientId, grant })))
  return new Map(all.map((one) => [edgeKey(one.clientId, one.grant.service.name), one]))
}

/** A unique key for a client and a service. */
export function edgeKey(clientId: string, service: string): string {
  return JSON.stringify([clientId, service])
}

function byId(clients: readonly ClientRegistration[]): ReadonlyMap<string, ClientRegistration> {
  return new Map(clients.map((client) => [client.clientId, client]))
}

/** All names in either map, with the value in each. */
function both<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>
): (readonly [string, Value | undefined, Value | undefined])[] {
  return [...new Set([...before.keys(), ...after.keys()])].map((name) => [name, before.get(name), after.get(name)])
}
