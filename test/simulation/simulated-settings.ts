import type { RefreshPolicy } from '../../src/token/lifetime.ts'
import type { Chance } from './simulated-chance.ts'
import { hour, minute, second } from './units.ts'

/** What is fixed for one run. Times are in milliseconds. */
export interface Settings {
  readonly services: number
  /** Faults come and go until then. After it everything works. */
  readonly duration: number
  readonly life: number
  readonly timeout: number
  readonly refresh: RefreshPolicy
  /** The mean time between two calls of one service. */
  readonly callGap: number
  readonly faults: number
  readonly longestFault: number
  /** How many scopes may be requested besides the default scope. */
  readonly scopes: number
  /** Services know only the issuer of their authorization server, so they search for its metadata. */
  readonly discovers: boolean
  /** The place of its metadata. */
  readonly place: string
  /** Services share their tokens in a store. */
  readonly isShared: boolean
}

/** An issuer's metadata can be at either of these places. The library asks them in this order. */
export const places = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const

export type PlaceTrouble = 'hangs' | 'fails' | 'is slow' | 'is malformed'

const day = 24 * hour

const lives = [
  12 * hour,
  12 * hour,
  12 * hour,
  12 * hour,
  24 * hour,
  24 * hour,
  18 * hour,
  8 * hour,
  hour,
  10 * minute,
  5 * minute,
  minute
]
const shortLives = [30 * second, 10 * second, 3 * second]
const sharedLives = [hour, 10 * minute, 10 * minute, 5 * minute]

/** Runs with long lives last weeks and runs with short lives last minutes, so every run costs about the same. */
export function drawSettings(chance: Chance): Settings {
  const isShared = chance.happens(0.1)
  const life = isShared ? chance.pick(sharedLives) : chance.happens(0.1) ? chance.pick(shortLives) : chance.pick(lives)
  const services = Math.round(chance.magnitude(isShared ? 2 : 1, life < hour || isShared ? 10 : 50))
  const refreshes = chance.magnitude(8, 120)
  // Each service asks the store every minute, so a long run with a store would cost too much.
  const longest = isShared ? (16 * hour) / services : 90 * day
  const duration = Math.min(Math.max((refreshes * life) / services, 5 * minute), longest)
  const calls = chance.between(12, 45)
  return {
    services,
    duration,
    life,
    timeout: chance.pick([10 * second, 10 * second, 2 * second, 30 * second]),
    refresh: chance.pick([undefined, undefined, 0.5, { surviveOutage: hour }]),
    callGap: (duration * services) / calls,
    faults: chance.integer(2, 9),
    longestFault: Math.min(1.5 * life, (10 * hour) / services),
    scopes: chance.pick([0, 1, 1, 2, 20]),
    discovers: chance.happens(0.4),
    place: chance.pick(places),
    isShared
  }
}
