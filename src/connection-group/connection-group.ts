import { type EndpointHealth, endpointHealth } from '../cache/endpoint-health.ts'
import type { Clock } from '../clock.ts'
import type { ConnectOptions } from '../http/connect-options.ts'
import type { SenderOptions } from '../http/send.ts'
import type { CheckedOptions, ServerLocation } from '../options/client-options.ts'
import type { TokenSource } from '../token/token-source.ts'
import { timeOfAttempt } from '../waiting/retry.ts'
import { sharedTimer } from '../waiting/shared-timer.ts'
import type { Connection, TokenRequestsOptions } from './connection.ts'
import { lateSource } from './late-token-requests.ts'

/** What a client shares with others that reach the same authorization server in the same way. */
export interface Membership {
  /** The token endpoint for one client. The connections are shared by all clients, so a client ends its own exchanges with their signals. */
  tokenEndpoint(options: TokenRequestsOptions): TokenSource
  /** How the server is doing, for all of them. */
  readonly health: EndpointHealth
  /** The client's clock, with one timer for all. */
  readonly clock: Clock
  /** The last client that leaves closes what was shared. */
  leave(): Promise<void>
}

/** All that decides over which connections a request travels, and what can be believed that comes over them. */
interface Way extends SenderOptions {
  readonly insecureHttpAllowed: boolean
  /** The method that uses a certificate, if there is one. Connections with a certificate are not shared with others. */
  readonly certificateOf: object | undefined
}

interface Group {
  readonly way: Way
  join(timeout: number): Membership
}

/** By server: groups differ in their ways. */
const groups = new Map<string, Group[]>()

/** Clients share metadata, connections and a timer when they name the same server and travel the same way, and only then. */
export function joinConnectionGroup(checked: CheckedOptions): Membership {
  const name = nameOf(checked.server)
  const way = wayOf(checked)
  const known = groups.get(name)?.find((group) => isSameWay(group.way, way))
  return (known ?? newGroup(name, way, checked.server)).join(checked.timeout)
}

function nameOf({ issuer, tokenEndpoint, known, place }: ServerLocation): string {
  return JSON.stringify([issuer, tokenEndpoint, place, known])
}

function wayOf({ dispatcher, fetch, connect, proxies, clock, insecureHttpAllowed, ...client }: CheckedOptions): Way {
  const { clientAuthentication } = client
  const certificateOf = clientAuthentication?.mutualTls === undefined ? undefined : clientAuthentication
  return { dispatcher, fetch, connect, proxies, clock, insecureHttpAllowed, certificateOf }
}

function isSameWay(one: Way, other: Way): boolean {
  return (
    one.dispatcher === other.dispatcher &&
    one.fetch === other.fetch &&
    one.clock === other.clock &&
    one.insecureHttpAllowed === other.insecureHttpAllowed &&
    one.certificateOf === other.certificateOf &&
    one.proxies?.identity === other.proxies?.identity &&
    isSameConnect(one.connect ?? {}, other.connect ?? {})
  )
}

function isSameConnect(one: ConnectOptions, other: ConnectOptions): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof ConnectOptions>
  return [...names].every((name) => isSamePart(one[name], other[name]))
}

function isSamePart(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((member, index) => isSamePart(member, other[index]))
  return one === other || (Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other))
}

function newGroup(name: string, way: Way, location: ServerLocation): Group {
  const { clock, insecureHttpAllowed } = way
  const { issuer = '', place, known } = location
  const discovery = { issuer, ...placesOf(place), clock, insecureHttpAllowed }
  const timer = sharedTimer(clock)
  let connection: Connection | undefined
  let longestTimeout = 0
  let members = 0

  function tokenEndpoint(options: TokenRequestsOptions): TokenSource {
    return lateSource(({ connect, tokenRequests }) => {
      connection ??= connect({ way, known, discovery, timeout: () => longestTimeout })
      return tokenRequests(connection, options)
    }, options.clientAuthentication.changed)
  }

  async function leave(): Promise<void> {
    members -= 1
    if (members > 0) return
    const others = groups.get(name)?.filter((other) => other !== group) ?? []
    if (others.length === 0) groups.delete(name)
    else groups.set(name, others)
    await connection?.sender.close()
  }

  const membership = { tokenEndpoint, clock: timer, health: endpointHealth(timer), leave }
  const group: Group = {
    way,
    join(timeout) {
      members += 1
      // The most patient client decides how long the metadata may take.
      longestTimeout = Math.max(longestTimeout, timeOfAttempt(timeout))
      return membership
    }
  }
  groups.set(name, [...(groups.get(name) ?? []), group])
  return group
}

function placesOf(place: string | undefined) {
  return place === undefined ? {} : { places: [place] }
}
