import { builtin } from '../builtin.ts'
import type { Clock } from '../clock.ts'
import type { TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Epoch } from './epoch.ts'
import { failureFrom, failureWord } from './failure-word.ts'
import { type Broken, broken, type GuardedStore } from './guarded-store.ts'
import { openedToken, sealedToken } from './sealed-token.ts'
import type { SealingKey } from './sealing-key.ts'

interface Name {
  readonly name: string
  readonly key: SealingKey
}

export interface TokenRecordOptions {
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

/** The record of one token request in the store, with its lease. */
export class TokenRecord {
  readonly #options: TokenRecordOptions
  readonly #current: Name
  readonly #former: readonly Name[]
  #seenVersion = 0
  #reads = 0

  constructor(options: TokenRecordOptions) {
    const { keys, identity } = options
    const [key, ...formerKeys] = keys
    this.#options = options
    this.#current = { key, name: key.nameOf(identity) }
    this.#former = namesOf(formerKeys, identity)
  }

  /** Reads the token, unless it has expired or is from an earlier epoch. */
  async read(): Promise<AccessToken | undefined | Broken> {
    for (const place of [this.#current, ...this.#former, ...this.#nextElsewhere()]) {
      const found = await this.#readAt(place)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The store's epoch as this instance knows it now. */
  epoch(): Promise<number> {
    return this.#options.epoch.current()
  }

  /** Stores a token that was requested in that epoch. Its version is higher than the last one that was seen. */
  async write(token: AccessToken, epoch: number): Promise<void> {
    const { store, clock } = this.#options
    const { key, name } = this.#current
    const record = sealedToken(key, name, { version: this.#seenVersion + 1, token, epoch })
    await store.write(name, record, token.expiresAt - clock.wallTime())
  }

  /** Removes this token for all instances. */
  async remove(token: AccessToken): Promise<void> {
    const { store, clock } = this.#options
    for (const { key, name } of [this.#current, ...this.#former]) {
      const record = await store.read(name)
      if (record === broken || record === undefined) continue
      const kept = openedToken(key, name, record, clock.wallTime())
      if (kept?.token.authorization === token.authorization) await store.remove(name, record)
    }
  }

  /** Tries to acquire the lease. If another instance holds it and has left a message about a failure, the result is that failure. */
  async lease(life: number): Promise<'acquired' | 'held' | TokenClientError | Broken> {
    const { store, holder, clock } = this.#options
    const { key, name } = this.#current
    const lease = await store.lease(name, { holder, life })
    if (lease === broken) return broken
    if (lease.state === 'acquired') return 'acquired'
    return (lease.word !== undefined && failureFrom(key, name, lease.word, clock.wallTime())) || 'held'
  }

  /** Whether this instance may try what another one has failed at. Only one of all instances may, once in `life` ms. */
  async mayDoubt(life: number): Promise<boolean> {
    // The holder is new each time, so that nobody can renew the lease, not even this instance.
    const holder = builtin.crypto.randomUUID()
    const lease = await this.#options.store.lease(`${this.#current.name}.doubt`, { holder, life })
    return lease === broken || lease.state === 'acquired'
  }

  /** Keeps the lease for `life` ms with a message about the failure. Resolves with false if the failure does not concern the others. */
  async leaveWord(error: unknown, life: number): Promise<boolean> {
    const { store, holder, clock } = this.#options
    const { key, name } = this.#current
    const word = failureWord(key, name, error, clock.wallTime() + life)
    if (word === undefined) return false
    await store.lease(name, { holder, life, word })
    return true
  }

  async release(): Promise<void> {
    await this.#options.store.release(this.#current.name, this.#options.holder)
  }

  async #readAt({ key, name }: Name): Promise<AccessToken | undefined | Broken> {
    const { store, epoch, clock } = this.#options
    const record = await store.read(name)
    if (record === broken) return broken
    if (record === undefined) return undefined
    if (name === this.#current.name) this.#seenVersion = record.version
    const opened = openedToken(key, name, record, clock.wallTime())
    return opened !== undefined && (await epoch.admits(opened.epoch)) ? opened.token : undefined
  }

  #nextElsewhere(): Name[] {
    const { keys, elsewhere = [] } = this.#options
    const identity = elsewhere[this.#reads++ % elsewhere.length]
    return identity === undefined ? [] : namesOf(keys, identity)
  }
}

function namesOf(keys: readonly SealingKey[], identity: string): Name[] {
  return keys.map((key) => ({ key, name: key.nameOf(identity) }))
}
