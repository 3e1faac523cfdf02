import { limits } from '../limits.ts'
import { checkedFields, milliseconds, oneOf, wholeNumber } from '../wrong-option.ts'

export interface FleetOptions {
  /** The number of instances of one service. All of them need the same token. */
  readonly instances: number
  /** The time in milliseconds over which the instances start evenly. The default is a minute. */
  readonly rollout?: number
  /** The lifetime of a token in milliseconds. The default is 12 hours. */
  readonly lifetime?: number
  /** How many token requests the authorization server can answer in a second. The default is no limit. */
  readonly capacity?: number
  /** How many milliseconds to simulate. The default is three token lifetimes. */
  readonly duration?: number
  /** `'wide'` draws the first refresh from 20 to 80 per cent of the token's lifetime, to show what that would change. */
  readonly draw?: 'present' | 'wide'
  /** An outage of the authorization server: when it starts and how long it lasts, in ms. */
  readonly outage?: { readonly at: number; readonly duration: number }
  /** The shared store, with its number of shards. Without it, the instances share no tokens. */
  readonly store?: { readonly shards?: number }
  /** The seed of the random numbers. The same seed gives the same result. The default is 1. */
  readonly seed?: number
}

export interface CheckedFleet extends Required<Omit<FleetOptions, 'store' | 'outage'>> {
  /** The number of shards, or 0 if there is no store. */
  readonly shards: number
  readonly outage: { readonly at: number; readonly duration: number }
}

const second = 1000
const day = 86_400_000
const most = { instances: 2_000_000, duration: 30 * day }

const known = ['instances', 'rollout', 'lifetime', 'capacity', 'duration', 'draw', 'outage', 'store', 'seed']

/** Checks the options and fills in the defaults. Throws ClientConfigurationError if one is wrong. */
export function checkedFleet(options: FleetOptions): CheckedFleet {
  const given = checkedFields('simulateFleet', options, known)
  const lifetime = time('lifetime', given.lifetime ?? day / 2, second)
  const { draw = 'present' } = given
  const outage = checkedFields('outage', given.outage ?? { at: 0, duration: 0 }, ['at', 'duration'])
  const store = given.store && checkedFields('store', given.store, ['shards'])
  oneOf('draw', draw, ['present', 'wide'])
  return {
    instances: wholeNumber('instances', given.instances, { least: 1, most: most.instances }),
    rollout: time('rollout', given.rollout ?? 60 * second, 0),
    lifetime,
    capacity: capacityOf(given.capacity),
    duration: time('duration', given.duration ?? Math.min(3 * lifetime, most.duration), second),
    draw,
    outage: { at: time('outage.at', outage.at, 0), duration: time('outage.duration', outage.duration, 0) },
    shards: store === undefined ? 0 : wholeNumber('store.shards', store.shards ?? 1, { least: 1, most: limits.shards }),
    seed: wholeNumber('seed', given.seed ?? 1, { least: 0, most: 2 ** 31 })
  }
}

function time(option: string, value: unknown, least: number): number {
  return milliseconds(option, value, { least, most: most.duration })
}

function capacityOf(value: number | undefined): number {
  return value === undefined ? Number.POSITIVE_INFINITY : wholeNumber('capacity', value, { least: 1, most: 1_000_000 })
}
