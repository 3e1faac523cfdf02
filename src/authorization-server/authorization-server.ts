import { accessTokens } from './access-tokens.ts'
import { attemptLimit } from './attempt-limit.ts'
import { clientRegistry } from './clients.ts'
import { documentEndpoint, type Endpoint } from './endpoint.ts'
import { exchange } from './exchange.ts'
import { faultQueue } from './fault-queue.ts'
import { type Condition, type Faults, faultSwitches } from './faults.ts'
import { listenOnLoopback } from './loopback-server.ts'
import { metadataDocument, metadataPaths } from './metadata-document.ts'
import { type AuthorizationServerOptions, checkOptions } from './options.ts'
import { type RequestLog, requestLog } from './request-log.ts'
import { newSigningKey } from './signing-keys.ts'
import { tokenEndpoint } from './token-endpoint.ts'

export interface AuthorizationServer {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  /** What goes wrong, switched while it runs. */
  readonly faults: Faults
  /** What came in. */
  readonly requests: RequestLog
  /** Idempotent: breaks every connection and frees the port. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * An authorization server for development and tests: real HTTP on 127.0.0.1, tokens for the clients it is told of (RFC 6749 §4.4, RFC 9068).
 * @throws ClientConfigurationError (as a rejection) for a wrong option, and wherever `NODE_ENV` is `production`.
 */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { port, issuer: named, clients: registrations, clock, ...token } = checkOptions(options)
  const clients = clientRegistry(registrations)
  const key = await newSigningKey(token.signingAlgorithm)
  const condition: Condition = { down: false, clockOffset: 0 }
  const server = await listenOnLoopback(port, () => condition.down)

  const issuer = named ?? server.origin
  const urls = { tokenEndpoint: `${server.origin}/token`, jwksUri: `${server.origin}/jwks` }
  const now = () => clock.wallTime() + condition.clockOffset
  const tokens = accessTokens({ issuer, format: token.accessTokenFormat, key })
  const grant = { issuer, clients, tokens, lifetime: token.accessTokenLifetime, limit: attemptLimit(clock), now }
  const jwks = documentEndpoint('jwks', () => ({ keys: [key.publicJwk] }))
  const metadata = documentEndpoint('metadata', () => metadataDocument({ issuer, ...urls, scopes: clients.scopes() }))
  const endpoints = new Map<string, Endpoint>([
    [urls.tokenEndpoint, tokenEndpoint(grant)],
    [urls.jwksUri, jwks],
    ...metadataPaths(issuer).map((path) => [server.origin + path, metadata] as const)
  ])
  const queue = faultQueue()
  const requests = requestLog()
  const { origin } = server
  server.serve((incoming, response) =>
    exchange(incoming, response, { origin, endpoints, queue, log: requests, clock, now })
  )

  return {
    issuer,
    ...urls,
    faults: faultSwitches(queue, condition, server.breakConnections),
    requests,
    close: server.close,
    [Symbol.asyncDispose]: server.close
  }
}
