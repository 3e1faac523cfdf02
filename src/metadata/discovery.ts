import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import { leaveOnAbort } from '../http/leave-on-abort.ts'
import type { Sender } from '../http/send.ts'
import type { AuthorizationServer, AuthorizationServerSource } from './authorization-server.ts'
import { authorizationServerIn, MetadataFault } from './metadata-document.ts'
import { metadataUrls } from './metadata-url.ts'

export interface DiscoveryOptions {
  readonly issuer: string
  readonly sender: Sender
  readonly clock: Clock
  /** Milliseconds for one discovery, all its places together. */
  readonly timeout: number
  readonly allowInsecureHttp?: boolean
}

/** Milliseconds that metadata is taken as it is; then it is asked for again, beside the request that uses the old one. */
const renewAfter = 3_600_000
const renewAgainAfter = 60_000

/**
 * A server that is found by its issuer (RFC 8414), when it is first needed: one flight for all who wait, and its result is
 * kept, renewed in the background, and outlives every failure to renew it.
 * Rejects with the network's own code, or with `ERR_DISCOVERY_FAILED`, transient unless the server's document is wrong.
 */
export function discoveredServer(options: DiscoveryOptions): AuthorizationServerSource {
  const { clock } = options
  let known: AuthorizationServer | undefined
  let renewAt = 0
  let flight: Promise<AuthorizationServer> | undefined

  function discovery(): Promise<AuthorizationServer> {
    flight ??= discover()
    return flight
  }

  async function discover(): Promise<AuthorizationServer> {
    try {
      known = await firstUsable(options)
      renewAt = clock.monotonicTime() + renewAfter
      return known
    } finally {
      flight = undefined
    }
  }

  function renew(): void {
    renewAt = clock.monotonicTime() + renewAgainAfter
    discovery().catch(() => {})
  }

  return {
    authorizationServer(patience) {
      if (known === undefined) return leaveOnAbort(discovery(), patience, clock)
      if (clock.monotonicTime() >= renewAt) renew()
      return known
    },
    async rediscover(patience) {
      try {
        return await leaveOnAbort(discovery(), patience, clock)
      } catch (error) {
        if (known === undefined || patience.signal?.aborted) throw error
        return known
      }
    }
  }
}

async function firstUsable(options: DiscoveryOptions): Promise<AuthorizationServer> {
  const deadline = options.clock.monotonicTime() + options.timeout
  const faults: string[] = []
  let transient = true
  for (const url of metadataUrls(options.issuer)) {
    try {
      return await ask(url, deadline - options.clock.monotonicTime(), options)
    } catch (fault) {
      if (!(fault instanceof MetadataFault)) throw fault
      faults.push(`${url} ${fault.message}`)
      if (fault.wrong) transient = false
    }
  }
  throw new TokenClientError('ERR_DISCOVERY_FAILED', unusableMessage(faults), { transient })
}

async function ask(url: string, timeout: number, options: DiscoveryOptions): Promise<AuthorizationServer> {
  const { issuer, sender, allowInsecureHttp = false } = options
  try {
    const headers = { accept: 'application/json' }
    return authorizationServerIn(await sender.send({ method: 'GET', url, headers, timeout }), {
      issuer,
      allowInsecureHttp
    })
  } catch (error) {
    if (!(error instanceof TokenClientError)) throw error
    // Nobody answered: the other places are on the same host, and would only take the rest of the time.
    const { code, transient, retryAfter } = error
    const message = `The metadata at ${url} could not be fetched: ${error.message}`
    throw new TokenClientError(code, message, { transient, retryAfter, cause: error })
  }
}

function unusableMessage(faults: readonly string[]): string {
  return `No usable metadata: ${faults.join('; ')}. Check the issuer, or give tokenEndpoint.`
}
