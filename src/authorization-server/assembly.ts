import type { Clock } from '../clock.ts'
import { Assertions } from './client-authentication/assertions.ts'
import { attemptLimit } from './client-authentication/attempt-limit.ts'
import { clientGate } from './client-authentication/client-gate.ts'
import { type TokenBinding, tokenBinding } from './client-authentication/token-binding.ts'
import { type Endpoints, serverEndpoints, serverUrls } from './endpoints/endpoints.ts'
import type { ServerUrls } from './endpoints/server-metadata.ts'
import type { Condition } from './faults/fault-kinds.ts'
import type { FaultQueue } from './faults/fault-queue.ts'
import { faultSwitches } from './faults/faults.ts'
import { isLoopbackHost } from './http/http-server.ts'
import type { Listeners } from './http/listeners.ts'
import { requestLog } from './http/request-log.ts'
import type { Journal } from './overview/journal.ts'
import { RegistryFollower } from './overview/registry-follower.ts'
import type { ServerParts } from './overview/server-parts.ts'
import { watch } from './overview/watch-requests.ts'
import { liveRegistry, type ServerRegistry } from './registry/live-registry.ts'
import { nameOf, parseRegistry, registryText } from './registry/registry-file.ts'
import type { CheckedOptions } from './server-options.ts'
import { accessTokens } from './tokens/access-tokens.ts'
import { issuedTokens } from './tokens/issued-tokens.ts'
import { keysFile } from './tokens/keys-file.ts'
import { type SigningKeys, signingKeys } from './tokens/signing-keys.ts'

interface OpenedRegistry {
  readonly registry: ServerRegistry
  /** Starts to read the registry file again whenever it is saved; undefined if there is no file. */
  follow(journal: Journal): RegistryFollower | undefined
}

export async function openRegistry(options: CheckedOptions, now: () => number): Promise<OpenedRegistry> {
  const { registryFile: file, writeRegistryFile: write, registry: given = { clients: [] } } = options
  if (file === undefined) return { registry: liveRegistry(given, now), follow: () => undefined }
  const text = await registryText(file)
  const registry = liveRegistry(parseRegistry(text, nameOf(file)), now)
  return { registry, follow: (journal) => new RegistryFollower({ file, text, write, registry, journal }) }
}

export function signingKeysFor(options: CheckedOptions, now: () => number): Promise<SigningKeys> {
  const { signingAlgorithm: algorithm, signingSecret: secret, keysFile: file } = options
  return signingKeys({ algorithm, secret, store: file === undefined ? undefined : keysFile(file), now })
}

/** Beyond loopback, others often reach the server at another address than the one it listens on. There its endpoints have the origin of the issuer. */
export function namesOf({ origin, mutualTlsOrigin }: Listeners, { host, issuer }: CheckedOptions) {
  if (issuer === undefined || isLoopbackHost(host))
    return { issuer: issuer ?? origin, urls: serverUrls(origin, mutualTlsOrigin) }
  const { origin: known, hostname } = new URL(issuer)
  const beside = mutualTlsOrigin === undefined ? undefined : `https://${hostname}:${new URL(mutualTlsOrigin).port}`
  return { issuer, urls: serverUrls(known, beside) }
}

interface Pieces {
  readonly checked: CheckedOptions
  readonly issuer: string
  readonly urls: ServerUrls
  readonly registry: ServerRegistry
  readonly keys: SigningKeys
  readonly queue: FaultQueue
  readonly condition: Condition
  readonly listening: Listeners
  readonly now: () => number
}

/** Creates the endpoints, and the parts that the overview, the admin API and the page use. */
export function assemble(pieces: Pieces): { parts: ServerParts; endpoints: Endpoints; binding: TokenBinding } {
  const { checked, issuer, urls, registry, keys, queue, condition, listening, now } = pieces
  const { clock, accessTokenLifetime: lifetime, accessTokenFormat: format, profile, signingSecret } = checked
  const requests = requestLog()
  const faults = faultSwitches({ queue, condition, breakConnections: listening.breakConnections, now })
  const parts = {
    issuer,
    tokenEndpoint: urls.tokenEndpoint,
    registry,
    keys,
    faults,
    requests,
    format,
    profile,
    signingSecret,
    lifetime,
    clock,
    now,
    issued: issuedTokens(),
    ...watch({ registry, requests, faults, keys, now }),
    clockOffset: () => condition.clockOffset
  }
  const { tokenEndpoint, mutualTlsTokenEndpoint = tokenEndpoint } = urls
  const binding = tokenBinding({
    tokenEndpoints: [tokenEndpoint, mutualTlsTokenEndpoint],
    nonces: checked.dpopNonces,
    clock: believed(clock, now)
  })
  return { parts, binding, endpoints: endpointsFor(parts, urls, binding, checked) }
}

/** The clock of the server with the fault `clockOffset`. */
function believed(clock: Clock, now: () => number): Clock {
  return {
    wallTime: now,
    monotonicTime: () => clock.monotonicTime(),
    startTimer: (callback, delay) => clock.startTimer(callback, delay),
    random: () => clock.random()
  }
}

function endpointsFor(parts: ServerParts, urls: ServerUrls, binding: TokenBinding, options: CheckedOptions): Endpoints {
  const { issuer, registry, keys, issued, format, profile, clock, now } = parts
  const { authenticationMethods: methods, assertionAudience } = options
  const typeNeeded = assertionAudience === 'issuer'
  const proofs = new Assertions({ audience: typeNeeded ? issuer : urls.tokenEndpoint, typeNeeded, now })
  const gate = clientGate({ registry, limit: attemptLimit(clock), assertions: proofs, methods, now })
  const tokens = accessTokens({ issuer, format, profile, keys, issued })
  return serverEndpoints({ ...parts, urls, gate, tokens, binding, methods })
}
