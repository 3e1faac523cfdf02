import { type Clock, type Timer, uniform } from '../clock.ts'
import type { Secret } from '../token/secret.ts'
import { broken, type GuardedStore } from './guarded-store.ts'
import { type SealingKey, sealingKeyOf } from './sealing-key.ts'
import { StoreFault } from './store-fault.ts'
import type { StoredRecord, TokenStore } from './token-store.ts'

/** The kill switch of a store. Tokens of an earlier epoch are not used, and current ones are replaced. The epoch only increases. */
export interface Epoch {
  current(): Promise<number>
  /** Whether a token of that epoch is taken. One of a later epoch than is known says that the epoch has risen. */
  admits(epoch: number): Promise<boolean>
  stop(): void
}

export interface EpochOptions {
  readonly store: GuardedStore
  readonly keys: () => Promise<readonly SealingKey[]>
  /** Each shard has an epoch of its own, so that no one record is read by every instance. */
  readonly shard: number
  readonly clock: Clock
  /** The current tokens must be replaced, at random moments within this many ms. */
  readonly risen: (spread: number) => void
}

const day = 86_400_000
/** Milliseconds between two readings, by every instance at moments of its own. */
const [soonest, latest] = [30_000, 60_000]
/** For an epoch that is known by its tokens alone. */
const usualSpread = 60_000
const life = 400 * day

interface Announcement {
  readonly epoch: number
  readonly spread: number
}

/** The first reading comes with the first token; then the store is asked every 30 to 60 seconds, and never in a call. */
export function epochOf({ store, keys, shard, clock, risen }: EpochOptions): Epoch {
  let known: number | undefined
  let first: Promise<void> | undefined
  let timer: Timer | undefined
  let stopped = false

  function learn({ epoch, spread }: Announcement): void {
    const former = known
    known = Math.max(former ?? 0, epoch)
    if (former !== undefined && epoch > former) risen(spread)
  }

  async function read(): Promise<void> {
    for (const key of await keys().catch(() => [])) {
      const name = key.nameOf(identityOf(shard))
      const record = await store.read(name)
      if (record !== undefined && record !== broken) learn(opened(key, name, record))
    }
    if (stopped) return
    timer = clock.startTimer(() => void read(), uniform(clock, soonest, latest))
  }

  async function current(): Promise<number> {
    first ??= read()
    await first
    known ??= 0
    return known
  }

  return {
    current,
    async admits(epoch) {
      if (epoch > (await current())) learn({ epoch, spread: usualSpread })
      return epoch === known
    },
    stop() {
      stopped = true
      timer?.cancel()
    }
  }
}

export interface Raising {
  readonly shards: number
  /** Milliseconds. */
  readonly spread: number
}

/** Raises the epoch of all shards by one. Answers with the new one. */
export async function raise(
  store: TokenStore,
  secrets: readonly Secret[],
  { shards, spread }: Raising
): Promise<number> {
  const keys = secrets.map(sealingKeyOf)
  const places = Array.from({ length: shards }, (_, shard) =>
    keys.map((key) => ({ key, name: key.nameOf(identityOf(shard)) }))
  ).flat()
  const records = await Promise.all(places.map(async (place) => ({ ...place, record: await store.read(place.name) })))
  // What cannot be opened is written over, and so its version counts too.
  const former = records.map(({ key, name, record }) =>
    record === undefined ? 0 : Math.max(record.version, opened(key, name, record).epoch)
  )
  const epoch = Math.max(...former) + 1
  for (const { key, name } of places) {
    const data = key.seal(context(name), JSON.stringify({ epoch, spread }))
    if (!(await store.write(name, { version: epoch, data }, life))) await mustHaveRisen(store, key, name, epoch)
  }
  return epoch
}

/** Somebody else can have raised it at the same time. */
async function mustHaveRisen(store: TokenStore, key: SealingKey, name: string, epoch: number): Promise<void> {
  const found = await store.read(name)
  if (found !== undefined && opened(key, name, found).epoch >= epoch) return
  throw new StoreFault(
    'The epoch was not raised: the store keeps something else under its name. Empty the store first.'
  )
}

/** What cannot be opened announces nothing. */
function opened(key: SealingKey, name: string, { data }: StoredRecord): Announcement {
  const text = key.open(context(name), data)
  return text === undefined ? { epoch: 0, spread: 0 } : (JSON.parse(text) as Announcement)
}

function identityOf(shard: number): string {
  return `epoch ${shard}`
}

function context(name: string): string {
  return `epoch.${name}`
}
