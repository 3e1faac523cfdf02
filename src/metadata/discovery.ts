import type { Clock } from '../clock.ts'
import { again, TokenClientError } from '../errors.ts'
import type { Sender } from '../http/send.ts'
import { limits } from '../limits.ts'
import { ownMembers } from '../own-members.ts'
import { tooSlow } from '../waiting/deadline.ts'
import { leaveOnAbort } from '../waiting/leave-on-abort.ts'
import type { Patience } from '../waiting/patience.ts'
import { fetchMetadata, type MetadataOptions } from './fetch-metadata.ts'
import { describedIssuer, describedServer } from './metadata-document.ts'
import { metadataUrls } from './metadata-url.ts'
import type { AuthorizationServerSource, Issuer, ServerSource } from './server-source.ts'

export interface DiscoveryOptions {
  readonly issuer: string
  /** Where the metadata is. The default is the usual places of the issuer. */
  readonly places?: readonly string[]
  readonly sender: Sender
  readonly clock: Clock
  /** Milliseconds for one discovery, all its places together; read as each begins. */
  readonly timeout: number
  readonly insecureHttpAllowed?: boolean
}

/** Milliseconds that metadata is taken as it is; then it is asked for again, beside the request that uses the old one. */
const renewAfter = 3_600_000
const renewAgainAfter = 60_000

/**
 * A server that is found by its issuer (RFC 8414), when it is first needed: one flight for all who wait, and its result is
 * kept, renewed in the background, and outlives every failure to renew it.
 * Rejects with the network's own code, with `ERR_RATE_LIMITED`, or with `ERR_DISCOVERY_FAILED`, transient unless the server's
 * document is wrong. A pause that the server asks for is kept.
 */
export function discoveredServer(options: DiscoveryOptions): AuthorizationServerSource {
  return discovered(options, {
    describe: describedServer,
    remedy: 'Check the issuer, or give tokenEndpoint.'
  })
}

/**
 * The same for a resource server, which also accepts a document without a token endpoint. If the issuer is not a URL, its keys are pinned,
 * so there is no metadata to fetch.
 */
export function discoveredIssuer(options: DiscoveryOptions): ServerSource<Issuer> {
  return discovered(URL.canParse(options.issuer) ? options : { places: [], ...options }, {
    describe: describedIssuer,
    remedy: 'Check the issuer, or give the URL of its keys: jwksUri(url).'
  })
}

function discovered<Server extends Issuer>(
  options: DiscoveryOptions,
  reading: Pick<MetadataOptions<Server>, 'describe' | 'remedy'>
): ServerSource<Server> {
  const { issuer, clock, places = metadataUrls(issuer), insecureHttpAllowed = false } = ownMembers(options)
  const asking: MetadataOptions<Server> = { ...options, ...reading, places, insecureHttpAllowed }
  let known: Server | undefined
  let renewAt = 0
  let flight: Promise<Server> | undefined
  let pause: { readonly error: TokenClientError; readonly until: number } | undefined

  function discovery(): Promise<Server> {
    const wait = pause === undefined ? 0 : pause.until - clock.monotonicTime()
    if (pause !== undefined && wait > 0) return Promise.reject(again(pause.error, wait))
    flight ??= discover()
    return flight
  }

  async function discover(): Promise<Server> {
    try {
      known = await fetchMetadata({ ...asking, timeout: options.timeout })
      renewAt = clock.monotonicTime() + renewAfter
      return known
    } catch (error) {
      notePause(error)
      throw error
    } finally {
      flight = undefined
    }
  }

  function notePause(error: unknown): void {
    if (!(error instanceof TokenClientError) || error.retryAfter === undefined) return
    pause = { error, until: clock.monotonicTime() + Math.min(error.retryAfter, limits.pause) }
  }

  function renew(): void {
    renewAt = clock.monotonicTime() + renewAgainAfter
    discovery().catch(() => {})
  }

  function late({ maxWait = 0 }: Patience): TokenClientError {
    return tooSlow(`The metadata of ${new URL(issuer).host} did not come within ${Math.round(maxWait)} ms`, undefined)
  }

  return {
    authorizationServer(patience) {
      if (known === undefined) return leaveOnAbort(discovery(), patience, clock, () => late(patience))
      if (clock.monotonicTime() >= renewAt) renew()
      return known
    },
    async rediscover(patience) {
      try {
        return await leaveOnAbort(discovery(), patience, clock, () => late(patience))
      } catch (error) {
        if (known === undefined || patience.signal?.aborted) throw error
        return known
      }
    }
  }
}
