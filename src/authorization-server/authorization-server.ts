import { assertions } from './client-authentication/assertions.ts'
import { attemptLimit } from './client-authentication/attempt-limit.ts'
import { clientGate } from './client-authentication/client-gate.ts'
import { serverEndpoints, serverUrls } from './endpoints/endpoints.ts'
import { exchange } from './endpoints/exchange.ts'
import type { ServerUrls } from './endpoints/metadata-document.ts'
import type { Condition } from './faults/fault-kinds.ts'
import { faultQueue } from './faults/fault-queue.ts'
import { type Faults, faultSwitches } from './faults/faults.ts'
import { frontDoor } from './front-door.ts'
import { isLoopbackHost } from './http/http-server.ts'
import { type Listeners, listeners } from './http/listeners.ts'
import { type RequestLog, requestLog } from './http/request-log.ts'
import { type AuthorizationServerOptions, type CheckedOptions, checkOptions } from './options.ts'
import { type Overview, overview } from './overview/overview.ts'
import type { ServerParts } from './overview/server-parts.ts'
import { watch } from './overview/watch.ts'
import { type Clients, registeredClients } from './registry/clients.ts'
import { type LiveRegistry, liveRegistry } from './registry/live-registry.ts'
import { accessTokens } from './tokens/access-tokens.ts'
import { issuedTokens } from './tokens/issued-tokens.ts'
import { keysFile } from './tokens/keys-file.ts'
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
  /** Who may call whom, and who did. */
  overview(): Overview
  /** Signs with a new key from now on. The one before stays published for `overlap` ms: as long as tokens live, unless given; 0 takes it away at once. */
  rotateKeys(rotation?: { readonly overlap?: number }): Promise<void>
  /** The token counts no more at the introspection endpoint. Who verifies it by its signature does not hear of it. */
  revoke(token: string): void
  /** Idempotent: breaks every connection and frees the port. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * An authorization server for development and tests: real HTTP on loopback, tokens for the clients it is told of (RFC 6749 §4.4, RFC 9068), and
 * `/admin/api` to control it from any language.
 * @throws ClientConfigurationError (as a rejection) for a wrong option, a port that is taken, and wherever `NODE_ENV` is `production`.
 */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const checked = checkOptions(options)
  const { clock, accessTokenLifetime: lifetime } = checked
  const condition: Condition = { down: false, clockOffset: 0 }
  const now = () => clock.wallTime() + condition.clockOffset
  const isDown = () => condition.down
  const registry = liveRegistry(checked.registry, now)
  const keys = await keysFor(checked, now)
  const listening = await listeners({ ...checked, isDown })

  const { issuer, urls } = namesOf(listening, checked)
  const issued = issuedTokens()
  const requests = requestLog()
  const queue = faultQueue()
  const faults = faultSwitches({ queue, condition, breakConnections: listening.breakConnections, now })
  const parts = {
    ...{ issuer, tokenEndpoint: urls.tokenEndpoint, registry, issued, keys, faults, requests, lifetime, clock, now },
    ...{ format: checked.accessTokenFormat, signingSecret: checked.signingSecret },
    ...watch({ registry, requests, faults, keys, now })
  }
  const endpoints = endpointsFor(parts, urls, checked)
  const front = frontDoor({ parts, ...checked, port: new URL(listening.origin).port })
  listening.serve((door, incoming, response) => {
    const own = door === 'plain' ? front(incoming, response) : undefined
    return own ?? exchange(incoming, response, { endpoints: endpoints[door], isDown, queue, log: requests, clock, now })
  })
  return {
    issuer,
    ...urls,
    registry,
    clients: registeredClients(registry),
    faults,
    requests,
    overview: () => overview(parts),
    rotateKeys: ({ overlap = lifetime } = {}) => keys.rotate(overlap),
    revoke: issued.revoke,
    close: listening.close,
    [Symbol.asyncDispose]: listening.close
  }
}

function keysFor(options: CheckedOptions, now: () => number) {
  const { signingAlgorithm: algorithm, signingSecret: secret, keysFile: file } = options
  return signingKeys({ algorithm, secret, store: file === undefined ? undefined : keysFile(file), now })
}

/** Beyond loopback the address that the server listens on is often not the one by which others reach it: there the issuer's origin names it. */
function namesOf({ origin, mutualTlsOrigin }: Listeners, { host, issuer }: CheckedOptions) {
  if (issuer === undefined || isLoopbackHost(host))
    return { issuer: issuer ?? origin, urls: serverUrls(origin, mutualTlsOrigin) }
  const { origin: known, hostname } = new URL(issuer)
  const beside = mutualTlsOrigin === undefined ? undefined : `https://${hostname}:${new URL(mutualTlsOrigin).port}`
  return { issuer, urls: serverUrls(known, beside) }
}

function endpointsFor(parts: ServerParts, urls: ServerUrls, options: CheckedOptions) {
  const { issuer, registry, keys, issued, format, clock, now } = parts
  const { authenticationMethods: methods, assertionAudience } = options
  const typeNeeded = assertionAudience === 'issuer'
  const proofs = assertions({ audience: typeNeeded ? issuer : urls.tokenEndpoint, typeNeeded, now })
  const gate = clientGate({ registry, limit: attemptLimit(clock), assertions: proofs, methods, now })
  const tokens = accessTokens({ issuer, format, keys, issued })
  return serverEndpoints({ ...parts, urls, gate, tokens, methods })
}
