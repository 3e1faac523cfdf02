import { type Clock, type Timer, uniform } from '../clock.ts'
import type { Secret } from '../token/secret.ts'
import { broken, type GuardedStore } from './guarded-store.ts'
import { type SealingKey, sealingKeyOf } from './sealing-key.ts'
import { StoreFault } from './store-fault.ts'
import type { StoredRecord, TokenStore } from './token-store.ts'

/** The kill switch of a store. Tokens of an earlier epoch are not used, and current ones are replaced. The epoch only increases. */
export interface Epoch {
  current(): Promise<number>
  /** Whether a token of that epoch is accepted. A token of a later epoch shows that the epoch has risen. */
  admits(epoch: number): Promise<boolean>
  stop(): void
}

export interface EpochOptions {
  readonly store: GuardedStore
  readonly keys: () => Promise<readonly SealingKey[]>
  /** Each shard has its own epoch record, so that no record is read by all instances. */
  readonly shard: number
  readonly clock: Clock
  /** Called when the epoch has risen. The current tokens must be replaced at random moments within this many ms. */
  readonly risen: (spread: number) => void
}

const day = 86_400_000
/** Each instance reads the epoch at random intervals between these milliseconds. */
const [soonest, latest] = [30_000, 60_000]
/** Used if a rise is known only from a token, which does not say how to spread the refreshes. */
const usualSpread = 60_000
const life = 400 * day

interface Announcement {
  readonly epoch: number
  readonly spread: number
}

/** Reads the epoch with the first token and then every 30 to 60 seconds in the background, so no later call waits for it. */
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
  /** The time in milliseconds over which instances replace their tokens. */
  readonly spread: number
}

/** Raises the epoch of all shards by one and resolves with the new epoch. */
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
  // A record that cannot be decrypted is overwritten, so the new version must be higher than its version too.
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

/** A refused write is fine if somebody else has raised the epoch at the same time. */
async function mustHaveRisen(store: TokenStore, key: SealingKey, name: string, epoch: number): Promise<void> {
  const found = await store.read(name)
  if (found !== undefined && opened(key, name, found).epoch >= epoch) return
  throw new StoreFault(
    'The epoch was not raised: the store keeps something else under its name. Empty the store first.'
  )
}

/** A record that cannot be decrypted counts as epoch 0. */
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
