import type { Clock } from '../clock.ts'
import { EndpointHealth } from '../endpoint-health/endpoint-health.ts'
import type { ConnectOptions } from '../http/connect-options.ts'
import type { SenderOptions } from '../http/send.ts'
import type { CheckedOptions, ServerLocation } from '../options/client-options.ts'
import type { TokenSource } from '../token/token-source.ts'
import { timeOfAttempt } from '../waiting/retry.ts'
import { sharedTimer } from '../waiting/shared-timer.ts'
import type { Connection, TokenRequestsOptions } from './connection.ts'
import { lateSource } from './late-token-requests.ts'

/** What a client shares with other clients that reach the same authorization server with the same connection options. */
export interface Membership {
  /** The token endpoint for one client. The connections are shared by all clients, so a client ends its own exchanges with their signals. */
  tokenEndpoint(options: TokenRequestsOptions): TokenSource
  /** The health of the server. All clients of the group see the same. */
  readonly health: EndpointHealth
  /** The client's clock. All clients of the group share one timer. */
  readonly clock: Clock
  /** Leaves the group. The last client that leaves closes the connections. */
  leave(): Promise<void>
}

/** The options that decide which connections a request uses and how far the answers can be trusted. */
interface Way extends SenderOptions {
  readonly insecureHttpAllowed: boolean
  /** The method that uses a certificate, if there is one. Connections with a certificate are not shared with others. */
  readonly certificateOf: object | undefined
}

interface Group {
  readonly way: Way
  join(timeout: number): Membership
}

/** The groups of each server. They differ in their connection options. */
const groups = new Map<string, Group[]>()

/** Joins the group of a client. Clients share metadata, connections and a timer only if they have the same server and the same connection options. */
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
    }, options.clientAuthentication)
  }

  async function leave(): Promise<void> {
    members -= 1
    if (members > 0) return
    const others = groups.get(name)?.filter((other) => other !== group) ?? []
    if (others.length === 0) groups.delete(name)
    else groups.set(name, others)
    await connection?.sender.close()
  }

  const membership = { tokenEndpoint, clock: timer, health: new EndpointHealth(timer), leave }
  const group: Group = {
    way,
    join(timeout) {
      members += 1
      // The client with the longest timeout decides how long discovery may take.
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
