import { builtin } from '../builtin.ts'
import type { Clock } from '../clock.ts'
import type { TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Epoch } from './epoch.ts'
import { failureFrom, failureWord } from './failure-word.ts'
import { type Broken, broken, type GuardedStore } from './guarded-store.ts'
import { openedToken, sealedToken } from './sealed-token.ts'
import type { SealingKey } from './sealing-key.ts'

/** The place of one token request in the store. */
export interface Shelf {
  /** Reads the token, unless it has expired or is from an earlier epoch. */
  look(): Promise<AccessToken | undefined | Broken>
  /** The store's epoch as this instance knows it now. */
  epoch(): Promise<number>
  /** Stores a token that was requested in that epoch. Its version is higher than the last one that was seen. */
  keep(token: AccessToken, epoch: number): Promise<void>
  /** Removes this token for all instances. */
  withdraw(token: AccessToken): Promise<void>
  /** Tries to acquire the lease. If another instance holds it and has left a message about a failure, the result is that failure. */
  lease(life: number): Promise<'acquired' | 'held' | TokenClientError | Broken>
  /** Whether this instance may try what another one has failed at. Only one of all instances may, once in `life` ms. */
  mayDoubt(life: number): Promise<boolean>
  /** Keeps the lease for `life` ms with a message about the failure. Resolves with false if the failure does not concern the others. */
  leaveWord(error: unknown, life: number): Promise<boolean>
  release(): Promise<void>
}

interface Name {
  readonly name: string
  readonly key: SealingKey
}

function namesOf(keys: readonly SealingKey[], identity: string): Name[] {
  return keys.map((key) => ({ key, name: key.nameOf(identity) }))
}

export interface ShelfOptions {
  readonly store: GuardedStore
  /** All keys, the current one first. Only the current one writes, and all of them read. */
  readonly keys: readonly [SealingKey, ...SealingKey[]]
  readonly identity: string
  /** Other places where the same token may be. Each read that finds nothing tries one of them. */
  readonly elsewhere?: readonly string[]
  readonly holder: string
  readonly epoch: Epoch
  readonly clock: Clock
}

export function shelf({ store, keys, identity, elsewhere = [], holder, epoch, clock }: ShelfOptions): Shelf {
  const [key, ...formerKeys] = keys
  const current: Name = { key, name: key.nameOf(identity) }
  const former = namesOf(formerKeys, identity)
  let seenVersion = 0
  let turn = 0

  async function lookAt({ key, name }: Name): Promise<AccessToken | undefined | Broken> {
    const record = await store.read(name)
    if (record === broken) return broken
    if (record === undefined) return undefined
    if (name === current.name) seenVersion = record.version
    const opened = openedToken(key, name, record, clock.wallTime())
    return opened !== undefined && (await epoch.admits(opened.epoch)) ? opened.token : undefined
  }

  function nextElsewhere(): Name[] {
    const identity = elsewhere[turn++ % elsewhere.length]
    return identity === undefined ? [] : namesOf(keys, identity)
  }

  return {
    async look() {
      for (const place of [current, ...former, ...nextElsewhere()]) {
        const found = await lookAt(place)
        if (found !== undefined) return found
      }
      return undefined
    },
    epoch: () => epoch.current(),
    async keep(token, epoch) {
      const record = sealedToken(key, current.name, { version: seenVersion + 1, token, epoch })
      await store.write(current.name, record, token.expiresAt - clock.wallTime())
    },
    async withdraw(token) {
      for (const { key, name } of [current, ...former]) {
        const record = await store.read(name)
        if (record === broken || record === undefined) continue
        const kept = openedToken(key, name, record, clock.wallTime())
        if (kept?.token.authorization === token.authorization) await store.remove(name, record)
      }
    },
    async lease(life) {
      const lease = await store.lease(current.name, { holder, life })
      if (lease === broken || lease.state === 'acquired') return lease === broken ? broken : 'acquired'
      const failure =
        lease.word === undefined ? undefined : failureFrom(key, current.name, lease.word, clock.wallTime())
      return failure ?? 'held'
    },
    async mayDoubt(life) {
      // The holder is new each time, so that nobody can renew the lease, not even this instance.
      const lease = await store.lease(`${current.name}.doubt`, { holder: builtin.crypto.randomUUID(), life })
      return lease === broken || lease.state === 'acquired'
    },
    async leaveWord(error, life) {
      const word = failureWord(key, current.name, error, clock.wallTime() + life)
      if (word === undefined) return false
      await store.lease(current.name, { holder, life, word })
      return true
    },
    async release() {
      await store.release(current.name, holder)
    }
  }
}
