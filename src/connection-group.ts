import { type EndpointHealth, endpointHealth } from './cache/endpoint-health.ts'
import type { Clock } from './clock.ts'
import type { ConnectOptions } from './http/connect-options.ts'
import { type Sender, type SenderOptions, sender } from './http/send.ts'
import { discoveredServer } from './metadata/discovery.ts'
import { knownServer } from './metadata/known-server.ts'
import type { AuthorizationServerSource } from './metadata/server-source.ts'
import type { CheckedOptions, ServerLocation } from './options/client-options.ts'
import { timeOfAttempt } from './waiting/retry.ts'
import { sharedTimer } from './waiting/shared-timer.ts'

/** What a client shares with others that reach the same authorization server in the same way. */
export interface Membership {
  readonly server: AuthorizationServerSource
  /** For all of them: a client ends its own exchanges by their signals. */
  readonly sender: Sender
  /** How the server is doing, for all of them. */
  readonly health: EndpointHealth
  /** The client's clock, with one timer for all. */
  readonly clock: Clock
  /** The last one who leaves ends what was shared. */
  leave(): Promise<void>
}

/** All that decides over which connections a request travels, and what can be believed that comes over them. */
interface Way extends SenderOptions {
  readonly allowInsecureHttp: boolean
  /** Who presents a certificate, where somebody does: connections with one are nobody else's. */
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

function wayOf({ dispatcher, fetch, connect, proxies, clock, allowInsecureHttp, ...client }: CheckedOptions): Way {
  const { clientAuthentication } = client
  const certificateOf = clientAuthentication?.mutualTls === undefined ? undefined : clientAuthentication
  return { dispatcher, fetch, connect, proxies, clock, allowInsecureHttp, certificateOf }
}

function isSameWay(one: Way, other: Way): boolean {
  return (
    one.dispatcher === other.dispatcher &&
    one.fetch === other.fetch &&
    one.clock === other.clock &&
    one.allowInsecureHttp === other.allowInsecureHttp &&
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
  const { clock, allowInsecureHttp } = way
  const own = sender({ ...way, holdsProcess: false }) // The flight does, while somebody waits for it.
  const { issuer = '', place, known } = location
  // The most patient client decides how long the metadata may take.
  const discovery = { issuer, ...placesOf(place), sender: own, clock, allowInsecureHttp, timeout: 0 }
  const server = known === undefined ? discoveredServer(discovery) : knownServer(known)
  const timer = sharedTimer(clock)
  let members = 0

  async function leave(): Promise<void> {
    members -= 1
    if (members > 0) return
    const others = groups.get(name)?.filter((other) => other !== group) ?? []
    if (others.length === 0) groups.delete(name)
    else groups.set(name, others)
    await own.close()
  }

  const membership = { server, sender: own, clock: timer, health: endpointHealth(timer), leave }
  const group: Group = {
    way,
    join(timeout) {
      members += 1
      discovery.timeout = Math.max(discovery.timeout, timeOfAttempt(timeout))
      return membership
    }
  }
  groups.set(name, [...(groups.get(name) ?? []), group])
  return group
}

function placesOf(place: string | undefined) {
  return place === undefined ? {} : { places: [place] }
}
