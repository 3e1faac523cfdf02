import type { Clock, Timer } from '../clock.ts'
import type { Emit } from '../events.ts'
import { StoreFault, storeTrouble } from './store-fault.ts'
import type { Lease, LeaseRequest, StoredRecord, TokenStore } from './token-store.ts'

/** The store did not answer in time, or refused. */
export const broken = Symbol('broken store')
export type Broken = typeof broken

/** Time limits in milliseconds. A caller without a token waits for reads and leases, but for nothing else. */
const budgets = { read: 50, lease: 250, write: 2000 }
/** Reads and leases get only a share of the caller's time, because most of it is for the authorization server. */
const shares = { read: 0.05, lease: 0.1 }
const steps = 10

/** A store can still answer reads while it accepts no writes, and a disk can have room for a lease but not for a token. */
type Method = keyof TokenStore

/** Milliseconds. If another method of a store has failed within that time, the reason is the same. */
const sameTrouble = 60_000

export interface GuardedStoreOptions {
  readonly clock: Clock
  readonly emit: Emit
  /** How many milliseconds a caller waits by default. */
  readonly timeout: number
}

/** A store whose methods always end in time and never reject. While methods of the store fail, it emits one warning only. */
export class GuardedStore {
  readonly #store: TokenStore
  readonly #clock: Clock
  readonly #emit: Emit
  readonly #forRead: number
  readonly #forLease: number
  /** The methods that do not work, with the monotonic moment of their last failure. */
  readonly #failedAt = new Map<Method, number>()
  #lateInARow = 0

  constructor(store: TokenStore, { clock, emit, timeout }: GuardedStoreOptions) {
    this.#store = store
    this.#clock = clock
    this.#emit = emit
    this.#forRead = Math.min(budgets.read, shares.read * timeout)
    this.#forLease = Math.min(budgets.lease, shares.lease * timeout)
  }

  async read(name: string): Promise<StoredRecord | undefined | Broken> {
    const record = await this.#guarded('read', async () => checkedRecord(await this.#store.read(name)), this.#forRead)
    // A single late answer counts as a miss, because the store may only be busy. The lease that follows will show it.
    return record === broken && this.#lateInARow === 1 ? undefined : record
  }

  write(name: string, record: StoredRecord, life: number): Promise<boolean | Broken> {
    return this.#guarded('write', () => this.#store.write(name, record, life))
  }

  remove(name: string, record: StoredRecord): Promise<unknown> {
    return this.#guarded('remove', () => this.#store.remove(name, record))
  }

  lease(name: string, request: LeaseRequest): Promise<Lease | Broken> {
    return this.#guarded('lease', async () => checkedLease(await this.#store.lease(name, request)), this.#forLease)
  }

  release(name: string, holder: string): Promise<unknown> {
    return this.#guarded('release', () => this.#store.release(name, holder), this.#forLease)
  }

  async #guarded<T>(method: Method, work: () => Promise<T>, budget = budgets.write): Promise<T | Broken> {
    try {
      const answer = await inTime(work(), budget, this.#clock)
      this.#failedAt.delete(method)
      this.#lateInARow = 0
      return answer
    } catch (error) {
      this.#lateInARow += error instanceof LateAnswer ? 1 : 0
      if (this.#isNews(method)) this.#emit('warning', { code: 'store_unavailable', message: unavailable(error) })
      this.#failedAt.set(method, this.#clock.monotonicTime())
      return broken
    }
  }

  #isNews(method: Method): boolean {
    const latest = Math.max(...this.#failedAt.values())
    return !this.#failedAt.has(method) && this.#clock.monotonicTime() - latest > sameTrouble
  }
}

/**
 * The time limit is counted in steps. If a busy machine stops the process for a while, only one step is lost, and the process
 * can still read the answer that arrived in the meantime.
 */
function inTime<T>(work: Promise<T>, budget: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: Timer
    const late = () => reject(new LateAnswer(`it did not answer within ${budget} ms`))
    const wait = (left: number) => {
      timer =
        left > 1
          ? clock.startTimer(() => wait(left - 1), budget / steps)
          : clock.startTimer(late, budget / steps, 'deadline')
    }
    wait(steps)
    work.then(resolve, reject).finally(() => timer.cancel())
  })
}

class LateAnswer extends StoreFault {}

function checkedRecord(record: StoredRecord | undefined): StoredRecord | undefined {
  if (record === undefined) return undefined
  if (typeof record?.data === 'string' && Number.isSafeInteger(record.version)) return record
  throw new StoreFault('it returned something that is not a record')
}

function checkedLease(lease: Lease): Lease {
  if (lease?.state === 'acquired') return lease
  if (lease?.state === 'held' && (lease.word === undefined || typeof lease.word === 'string')) return lease
  throw new StoreFault('it returned something that is not a lease')
}

function unavailable(error: unknown): string {
  return `The token store is not used for now: ${storeTrouble(error)}. Tokens come from the authorization server until it answers again.`
}
