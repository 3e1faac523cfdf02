import { ClientConfigurationError } from '../../errors.ts'
import { isScopeToken } from '../../token/scope.ts'
import { type ClientCredentials, credentialNames, type KeptCredentials, keptCredentials } from './credentials.ts'

/** A client as the server is told of it. */
export interface ClientRegistration extends ClientCredentials {
  readonly clientId: string
  /** What it may ask for. A request without `scope` gets all of it. */
  readonly scope: readonly string[]
  /** The `roles` claim of its tokens (RFC 9068 §2.2.3.1). */
  readonly roles?: readonly string[]
  /** The `authorities` claim of its tokens, as Spring writes it. */
  readonly authorities?: readonly string[]
  /** What `aud` of its tokens may name; all of it unless the request says which. Any, if left out, and then the issuer by default. */
  readonly audience?: readonly string[]
  /** Milliseconds that its tokens live; what the server has for all, if left out. */
  readonly accessTokenLifetime?: number
  /** `false`: it can prove who it is and gets no token. */
  readonly enabled?: boolean
}

type Optional = 'audience' | 'accessTokenLifetime'

/** A client as the server keeps it. */
export interface RegisteredClient extends Omit<Required<ClientRegistration>, keyof ClientCredentials | Optional> {
  readonly credentials: KeptCredentials
  readonly audience: readonly string[] | undefined
  readonly accessTokenLifetime: number | undefined
}

/** @throws ClientConfigurationError that names the client and what is wrong with it, and no secret. */
export function registeredClient(registration: ClientRegistration): RegisteredClient {
  if (typeof registration !== 'object' || registration === null) throw invalid('every client is an object.')
  const { clientId, scope, roles = [], authorities = [], audience, ...rest } = registration
  const { accessTokenLifetime, enabled = true, ...proofs } = rest
  if (!isText(clientId)) throw invalid('every client needs a clientId.')
  const client = `client "${clientId}"`
  if (!isTextList(scope) || !scope.every(isScopeToken))
    throw invalid(`scope of ${client} must be an array of scope tokens, such as ['read_user'].`)
  for (const [name, list] of Object.entries({ roles, authorities, audience: audience ?? [] }))
    if (!isTextList(list)) throw invalid(`${name} of ${client} must be an array of strings.`)
  if (accessTokenLifetime !== undefined && !isLifetime(accessTokenLifetime))
    throw invalid(`accessTokenLifetime of ${client} is in milliseconds, 1000 at least.`)
  if (typeof enabled !== 'boolean') throw invalid(`enabled of ${client} must be true or false.`)
  const unknown = Object.keys(proofs).find((name) => !credentialNames.includes(name))
  if (unknown !== undefined) throw invalid(`${client} has the unknown field ${unknown}.`)
  const credentials = credentialsOf(client, proofs)
  return { clientId, credentials, scope, roles, authorities, audience, accessTokenLifetime, enabled }
}

function credentialsOf(client: string, given: ClientCredentials): KeptCredentials {
  try {
    return keptCredentials(given)
  } catch (error) {
    throw invalid(`${client} ${error instanceof Error ? error.message : 'has unusable credentials.'}`)
  }
}

/** Whether tokens can live for so many milliseconds. */
export function isLifetime(ms: unknown): ms is number {
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 1000
}

export function invalid(sentence: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `clients: ${sentence}`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}
