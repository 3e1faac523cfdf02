import { type Clock, type Timer, uniform } from '../clock.ts'
import type { Secret } from '../token/secret.ts'
import { broken, type GuardedStore } from './guarded-store.ts'
import { type SealingKey, sealingKeyOf } from './sealing-key.ts'
import { StoreFault } from './store-fault.ts'
import type { StoredRecord, TokenStore } from './token-store.ts'

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

/**
 * The kill switch of a store. Tokens of an earlier epoch are not used, and current ones are replaced. The epoch only increases. It is read with the first
 * token and then every 30 to 60 seconds in the background, so no later call waits for it.
 */
export class Epoch {
  readonly #options: EpochOptions
  #known: number | undefined
  #firstRead: Promise<void> | undefined
  #timer: Timer | undefined
  #stopped = false

  constructor(options: EpochOptions) {
    this.#options = options
  }

  async current(): Promise<number> {
    this.#firstRead ??= this.#read()
    await this.#firstRead
    this.#known ??= 0
    return this.#known
  }

  /** Whether a token of that epoch is accepted. A token of a later epoch shows that the epoch has risen. */
  async admits(epoch: number): Promise<boolean> {
    if (epoch > (await this.current())) this.#learn({ epoch, spread: usualSpread })
    return epoch === this.#known
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #read(): Promise<void> {
    const { store, keys, shard, clock } = this.#options
    for (const key of await keys().catch(() => [])) {
      const name = key.nameOf(identityOf(shard))
      const record = await store.read(name)
      if (record !== undefined && record !== broken) this.#learn(opened(key, name, record))
    }
    if (this.#stopped) return
    this.#timer = clock.startTimer(() => void this.#read(), uniform(clock, soonest, latest))
  }

  #learn({ epoch, spread }: Announcement): void {
    const former = this.#known
    this.#known = Math.max(former ?? 0, epoch)
    if (former !== undefined && epoch > former) this.#options.risen(spread)
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
