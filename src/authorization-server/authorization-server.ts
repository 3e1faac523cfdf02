import { accessTokens } from './access-tokens.ts'
import { assertions } from './assertions.ts'
import { attemptLimit } from './attempt-limit.ts'
import { clientGate } from './client-authentication.ts'
import { type Clients, clientRegistry } from './clients.ts'
import { documentEndpoint, type Endpoint } from './endpoint.ts'
import { exchange } from './exchange.ts'
import { faultQueue } from './fault-queue.ts'
import { type Condition, type Faults, faultSwitches } from './faults.ts'
import { introspectionEndpoint } from './introspection-endpoint.ts'
import { listenOnLoopback } from './loopback-server.ts'
import { metadataDocument, metadataPaths, type ServerUrls } from './metadata-document.ts'
import { type AuthorizationServerOptions, checkOptions } from './options.ts'
import { type RequestLog, requestLog } from './request-log.ts'
import { revocationEndpoint } from './revocation-endpoint.ts'
import { signingKeys } from './signing-keys.ts'
import { tokenEndpoint } from './token-endpoint.ts'

export interface AuthorizationServer extends ServerUrls {
  readonly issuer: string
  /** Who may have tokens, changed while it runs. */
  readonly clients: Clients
  /** What goes wrong, switched while it runs. */
  readonly faults: Faults
  /** What came in. */
  readonly requests: RequestLog
  /** Signs with a new key from now on. The one before stays published for `overlap` ms: as long as tokens live, unless given; 0 takes it away at once. */
  rotateKeys(rotation?: { readonly overlap?: number }): Promise<void>
  /** The token counts no more at the introspection endpoint. Who verifies it by its signature does not hear of it. */
  revoke(token: string): void
  /** Idempotent: breaks every connection and frees the port. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * An authorization server for development and tests: real HTTP on 127.0.0.1, tokens for the clients it is told of (RFC 6749 §4.4, RFC 9068).
 * @throws ClientConfigurationError (as a rejection) for a wrong option, and wherever `NODE_ENV` is `production`.
 */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const {
    port,
    issuer: named,
    clients: registrations,
    clock,
    accessTokenLifetime: lifetime,
    ...made
  } = checkOptions(options)
  const clients = clientRegistry(registrations)
  const condition: Condition = { down: false, clockOffset: 0 }
  const now = () => clock.wallTime() + condition.clockOffset
  const keys = await signingKeys(made.signingAlgorithm, now)
  const isDown = () => condition.down
  const server = await listenOnLoopback(port, isDown)
  const mutualTls = made.tls && (await listenOnLoopback(0, isDown, made.tls))
  const listeners = mutualTls === undefined ? [server] : [server, mutualTls]

  const { origin } = server
  const issuer = named ?? origin
  const urls = { ...serverUrls(origin), mutualTlsTokenEndpoint: mutualTls && `${mutualTls.origin}/token` }
  const tokens = accessTokens({ issuer, format: made.accessTokenFormat, keys })
  const methods = made.authenticationMethods
  const typeNeeded = made.assertionAudience === 'issuer'
  const asserted = assertions({ audience: typeNeeded ? issuer : urls.tokenEndpoint, typeNeeded, now })
  const gate = clientGate({ clients, limit: attemptLimit(clock), assertions: asserted, methods })
  const metadata = documentEndpoint('metadata', () =>
    metadataDocument(issuer, urls, { scopes: clients.scopes(), methods })
  )
  const token = tokenEndpoint({ issuer, gate, clients, tokens, lifetime, now })
  const endpoints = new Map<string, Endpoint>([
    [urls.tokenEndpoint, token],
    [urls.introspectionEndpoint, introspectionEndpoint({ gate, clients, tokens, now })],
    [urls.revocationEndpoint, revocationEndpoint({ gate, tokens })],
    [urls.jwksUri, documentEndpoint('jwks', () => ({ keys: keys.published() }))],
    ...metadataPaths(issuer).map((path) => [origin + path, metadata] as const)
  ])
  if (urls.mutualTlsTokenEndpoint !== undefined) endpoints.set(urls.mutualTlsTokenEndpoint, token)
  const queue = faultQueue()
  const requests = requestLog()
  for (const { origin, serve } of listeners) {
    serve((incoming, response) => exchange(incoming, response, { origin, endpoints, queue, log: requests, clock, now }))
  }
  const breakConnections = () => {
    for (const listener of listeners) listener.breakConnections()
  }
  const close = async () => void (await Promise.all(listeners.map((listener) => listener.close())))

  return {
    issuer,
    ...urls,
    clients,
    faults: faultSwitches(queue, condition, breakConnections),
    requests,
    rotateKeys: ({ overlap = lifetime } = {}) => keys.rotate(overlap),
    revoke: tokens.revoke,
    close,
    [Symbol.asyncDispose]: close
  }
}

function serverUrls(origin: string): Omit<ServerUrls, 'mutualTlsTokenEndpoint'> {
  return {
    tokenEndpoint: `${origin}/token`,
    jwksUri: `${origin}/jwks`,
    introspectionEndpoint: `${origin}/introspect`,
    revocationEndpoint: `${origin}/revoke`
  }
}
