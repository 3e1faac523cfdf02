import { limits } from '../limits.ts'
import { checkedFields, milliseconds, oneOf, wholeNumber } from '../wrong-option.ts'

export interface FleetOptions {
  /** How many instances of one service, all with one request. */
  readonly instances: number
  /** Milliseconds over which they start, evenly; a minute unless given. */
  readonly rollout?: number
  /** Milliseconds that a token lives; 12 hours unless given. */
  readonly lifetime?: number
  /** Token requests that the authorization server answers in a second; without a limit unless given. */
  readonly capacity?: number
  /** Milliseconds that are simulated; three lives of a token unless given. */
  readonly duration?: number
  /** `'wide'` draws the first refresh from 20 to 80 per cent of the life, to show what that would change. */
  readonly draw?: 'present' | 'wide'
  /** When the authorization server is down: from and for how many ms. */
  readonly outage?: { readonly at: number; readonly duration: number }
  /** With a shared store, of that many equal records. */
  readonly store?: { readonly shards?: number }
  /** The same seed has the same course. 1 unless given. */
  readonly seed?: number
}

export interface CheckedFleet extends Required<Omit<FleetOptions, 'store' | 'outage'>> {
  /** 0 without a store. */
  readonly shards: number
  readonly outage: { readonly at: number; readonly duration: number }
}

const second = 1000
const day = 86_400_000
const most = { instances: 2_000_000, duration: 30 * day }

const known = ['instances', 'rollout', 'lifetime', 'capacity', 'duration', 'draw', 'outage', 'store', 'seed']

/** Throws ClientConfigurationError. */
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
