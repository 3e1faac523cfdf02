import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { Secret } from '../token/secret.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { TokenSource } from '../token/token-source.ts'
import { type Deadline, withDeadline } from '../waiting/deadline.ts'
import { epochOf } from './epoch.ts'
import { guardedStore } from './guarded-store.ts'
import { type SealingKey, sealingKeyOf } from './sealing-key.ts'
import { type Shelf, shelf } from './shelf.ts'
import { StoreFault } from './store-fault.ts'
import { storedSource } from './stored-source.ts'
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

type Ring = readonly [SealingKey, ...SealingKey[]]

/** A token source that shares its tokens with the other instances of its service. */
export function sharedSource(options: SharedSourceOptions): SharedSource {
  const { secrets, source, identity, shards, clock, timeout, emit, risen } = options
  const { holder, draw } = instance()
  const shard = Math.floor(draw * shards)
  const store = guardedStore(options.store, options)
  const keyOf = remembered(sealingKeyOf)
  const keysBy = async (deadline: Deadline) => (await secrets(deadline)).map(keyOf)
  const keys = () => inTime(keysBy)
  const epoch = epochOf({ store, keys, shard, clock, risen })
  // A reader depends on the other instances, and there may be fewer of them than shards.
  const otherShards = source === undefined ? shardsAfter(shard, shards) : []
  let warned = false

  async function shelfOf({ key }: TokenRequest): Promise<Shelf | undefined> {
    try {
      const [own, ring] = await inTime((deadline) => Promise.all([identity(deadline), keysBy(deadline)]))
      const identityIn = (shard: number) => JSON.stringify([...own, key, shard])
      const place = { identity: identityIn(shard), elsewhere: otherShards.map(identityIn), holder, epoch, clock }
      warned = false
      return shelf({ store, keys: ring as unknown as Ring, ...place })
    } catch (error) {
      warn(error)
      return undefined
    }
  }

  /** If a user's function hangs, there must still be time to ask the authorization server. */
  function inTime<T>(read: (deadline: Deadline) => Promise<T>): Promise<T> {
    const timedOut = () => new StoreFault('its sealing key did not come in time')
    const share = Math.min(longestForKeys, shareForKeys * timeout)
    return withDeadline({ clock, timeout: share, timedOut, signals: [] }, read)
  }

  function warn(error: unknown): void {
    if (warned) return
    warned = true
    const reason = error instanceof TokenClientError ? error.message : 'Its sealing key cannot be read.'
    emit('warning', { code: 'store_unavailable', message: `The token store is not used for now. ${reason}` })
  }

  return { ...storedSource({ source, shelfOf, clock, timeout }), close: epoch.stop }
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
