import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { Secret } from '../token/secret.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { TokenSource } from '../token/token-source.ts'
import { type Deadline, withDeadline } from '../waiting/deadline.ts'
import { Epoch } from './epoch.ts'
import { GuardedStore } from './guarded-store.ts'
import { type SealingKey, sealingKeyOf } from './sealing-key.ts'
import { StoreFault } from './store-fault.ts'
import { StoredSource } from './stored-source.ts'
import { TokenRecord } from './token-record.ts'
import type { TokenStore } from './token-store.ts'

export interface SharedSourceOptions {
  readonly store: TokenStore
  /** Reads the sealing keys, the current one first. Rejects while the current one cannot be read. */
  readonly secrets: (deadline: Deadline) => Promise<readonly Secret[]>
  /** The source that requests tokens. It is undefined for a reader. */
  readonly source: TokenSource | undefined
  /** Identifies the client and the server. It is the same for all instances of one service and differs from that of every other service. */
  readonly identity: (deadline: Deadline) => Promise<readonly unknown[]>
  readonly shards: number
  readonly clock: Clock
  readonly timeout: number
  readonly emit: Emit
  /** Called when the epoch of the store has risen. The current tokens must be replaced within this many ms. */
  readonly risen: (spread: number) => void
}

export interface SharedSource extends TokenSource {
  close(): void
}

/** Reading the keys may take this share of the caller's time, and at most this many ms. */
const shareForKeys = 0.2
const longestForKeys = 2000

type KeyRing = readonly [SealingKey, ...SealingKey[]]

/** A token source that shares its tokens with the other instances of its service. */
export function sharedSource(options: SharedSourceOptions): SharedSource {
  const { source, clock, timeout } = options
  const records = new TokenRecords(options)
  const stored = new StoredSource({ source, recordOf: (request) => records.of(request), clock, timeout })
  return Object.assign(stored, { close: () => records.close() })
}

/** The records of one client in the store. */
class TokenRecords {
  readonly #options: SharedSourceOptions
  readonly #store: GuardedStore
  readonly #holder: string
  readonly #shard: number
  readonly #keyOf = remembered(sealingKeyOf)
  readonly #epoch: Epoch
  #warned = false

  constructor(options: SharedSourceOptions) {
    const { shards, clock, risen } = options
    const { holder, draw } = instance()
    this.#options = options
    this.#store = new GuardedStore(options.store, options)
    this.#holder = holder
    this.#shard = Math.floor(draw * shards)
    const keys = () => this.#inTime((deadline) => this.#keys(deadline))
    this.#epoch = new Epoch({ store: this.#store, keys, shard: this.#shard, clock, risen })
  }

  /** Undefined while the sealing key or the identity cannot be read. */
  async of({ key }: TokenRequest): Promise<TokenRecord | undefined> {
    const { identity, clock } = this.#options
    try {
      const [own, keys] = await this.#inTime((deadline) => Promise.all([identity(deadline), this.#keys(deadline)]))
      const identityIn = (shard: number) => JSON.stringify([...own, key, shard])
      this.#warned = false
      return new TokenRecord({
        store: this.#store,
        keys: keys as unknown as KeyRing,
        identity: identityIn(this.#shard),
        elsewhere: this.#otherShards().map(identityIn),
        holder: this.#holder,
        epoch: this.#epoch,
        clock
      })
    } catch (error) {
      this.#warn(error)
      return undefined
    }
  }

  close(): void {
    this.#epoch.stop()
  }

  async #keys(deadline: Deadline): Promise<SealingKey[]> {
    return (await this.#options.secrets(deadline)).map(this.#keyOf)
  }

  /** A reader depends on the other instances, and there may be fewer of them than shards. */
  #otherShards(): number[] {
    const { source, shards } = this.#options
    return source === undefined ? shardsAfter(this.#shard, shards) : []
  }

  /** If a user's function hangs, there must still be time to ask the authorization server. */
  #inTime<T>(read: (deadline: Deadline) => Promise<T>): Promise<T> {
    const { clock } = this.#options
    const timedOut = () => new StoreFault('its sealing key did not come in time')
    const timeout = Math.min(longestForKeys, shareForKeys * this.#options.timeout)
    return withDeadline({ clock, timeout, timedOut, signals: [] }, read)
  }

  #warn(error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    const reason = error instanceof TokenClientError ? error.message : 'Its sealing key cannot be read.'
    const message = `The token store is not used for now. ${reason}`
    this.#options.emit('warning', { code: 'store_unavailable', message })
  }
}

/** Derived keys are kept, because deriving one is slow and a key ring has only a few. */
function remembered(make: (secret: Secret) => SealingKey): (secret: Secret) => SealingKey {
  const made = new Map<string, SealingKey>()
  return (secret) => {
    const known = made.get(secret.reveal()) ?? make(secret)
    made.set(secret.reveal(), known)
    return known
  }
}

function shardsAfter(shard: number, shards: number): number[] {
  return Array.from({ length: shards - 1 }, (_, index) => (shard + 1 + index) % shards)
}

/** Does not use the client's random source, because a test that fixes it would give two instances the same id. */
function instance(): { readonly holder: string; readonly draw: number } {
  return { holder: crypto.randomUUID(), draw: Math.random() }
}
