import { assertions } from './client-authentication/assertions.ts'
import { attemptLimit } from './client-authentication/attempt-limit.ts'
import { clientGate } from './client-authentication/client-gate.ts'
import { serverEndpoints, serverUrls } from './endpoints/endpoints.ts'
import { exchange } from './endpoints/exchange.ts'
import type { ServerUrls } from './endpoints/metadata-document.ts'
import { faultQueue } from './faults/fault-queue.ts'
import { type Condition, type Faults, faultSwitches } from './faults/faults.ts'
import { listeners } from './http/listeners.ts'
import { type RequestLog, requestLog } from './http/request-log.ts'
import { type AuthorizationServerOptions, checkOptions } from './options.ts'
import { type Clients, registeredClients } from './registry/clients.ts'
import { type LiveRegistry, liveRegistry } from './registry/live-registry.ts'
import { accessTokens } from './tokens/access-tokens.ts'
import { signingKeys } from './tokens/signing-keys.ts'

export interface AuthorizationServer extends ServerUrls {
  readonly issuer: string
  /** Who may call whom, changed while it runs. */
  readonly registry: LiveRegistry
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
    clock,
    tls,
    accessTokenLifetime: lifetime,
    authenticationMethods: methods,
    ...checked
  } = checkOptions(options)
  const condition: Condition = { down: false, clockOffset: 0 }
  const now = () => clock.wallTime() + condition.clockOffset
  const registry = liveRegistry(checked.registry, now)
  const keys = await signingKeys(checked.signingAlgorithm, now)
  const listening = await listeners(checked.port, () => condition.down, tls)

  const urls = serverUrls(listening)
  const { issuer = listening.origin } = checked
  const tokens = accessTokens({ issuer, format: checked.accessTokenFormat, keys })
  const typeNeeded = checked.assertionAudience === 'issuer'
  const proofs = assertions({ audience: typeNeeded ? issuer : urls.tokenEndpoint, typeNeeded, now })
  const gate = clientGate({ registry, limit: attemptLimit(clock), assertions: proofs, methods, now })
  const endpoints = serverEndpoints(listening, { issuer, urls, gate, registry, tokens, keys, methods, lifetime, now })
  const queue = faultQueue()
  const requests = requestLog()
  listening.serve((origin, incoming, response) =>
    exchange(incoming, response, { origin, endpoints, queue, log: requests, clock, now })
  )
  return {
    issuer,
    ...urls,
    registry,
    clients: registeredClients(registry),
    faults: faultSwitches(queue, condition, listening.breakConnections),
    requests,
    rotateKeys: ({ overlap = lifetime } = {}) => keys.rotate(overlap),
    revoke: tokens.revoke,
    close: listening.close,
    [Symbol.asyncDispose]: listening.close
  }
}
