import { ClientConfigurationError } from '../errors.ts'
import { isScopeToken } from '../token/scope.ts'
import { Secret } from '../token/secret.ts'

/** A client as the server is told of it. */
export interface ClientRegistration {
  readonly clientId: string
  readonly clientSecret: string
  /** What it may ask for. A request without `scope` gets all of it. */
  readonly scope: readonly string[]
  /** The `roles` claim of its tokens (RFC 9068 §2.2.3.1). */
  readonly roles?: readonly string[]
  /** The `authorities` claim of its tokens, as Spring writes it. */
  readonly authorities?: readonly string[]
  /** What `aud` of its tokens may name; all of it unless the request says which. Any, if left out, and then the issuer by default. */
  readonly audience?: readonly string[]
  /** `false`: it can prove who it is and gets no token. */
  readonly enabled?: boolean
}

/** A client as the server keeps it. */
export interface RegisteredClient extends Omit<Required<ClientRegistration>, 'clientSecret' | 'audience'> {
  readonly clientSecret: Secret
  readonly audience: readonly string[] | undefined
}

export interface ClientRegistry {
  find(clientId: string): RegisteredClient | undefined
  /** Every scope token that some client may have, sorted. */
  scopes(): readonly string[]
}

/** @throws ClientConfigurationError when a registration is unusable or a client id is there twice. */
export function clientRegistry(registrations: readonly ClientRegistration[]): ClientRegistry {
  const clients = new Map<string, RegisteredClient>()
  for (const registration of registrations) {
    const client = registered(registration)
    if (clients.has(client.clientId)) throw invalid(`client "${client.clientId}" is registered twice. Keep one.`)
    clients.set(client.clientId, client)
  }
  return {
    find: (clientId) => clients.get(clientId),
    scopes: () => [...new Set([...clients.values()].flatMap(({ scope }) => scope))].sort()
  }
}

function registered(registration: ClientRegistration): RegisteredClient {
  const {
    clientId,
    clientSecret,
    scope,
    roles = [],
    authorities = [],
    audience,
    enabled = true,
    ...unknown
  } = registration
  if (!isText(clientId)) throw invalid('every client needs a clientId.')
  if (!isText(clientSecret)) throw invalid(`client "${clientId}" needs a clientSecret.`)
  if (!isTextList(scope) || !scope.every(isScopeToken))
    throw invalid(`scope of client "${clientId}" must be an array of scope tokens, such as ['read_user'].`)
  for (const [name, list] of Object.entries({ roles, authorities, audience: audience ?? [] }))
    if (!isTextList(list)) throw invalid(`${name} of client "${clientId}" must be an array of strings.`)
  if (typeof enabled !== 'boolean') throw invalid(`enabled of client "${clientId}" must be true or false.`)
  for (const name of Object.keys(unknown)) throw invalid(`client "${clientId}" has the unknown field ${name}.`)
  return { clientId, clientSecret: new Secret(clientSecret), scope, roles, authorities, audience, enabled }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function invalid(sentence: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `clients: ${sentence}`)
}
