import { deepStrictEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { TokenStore } from '../stores/token-store.ts'

/** One thing that every store must do. `run` rejects with an AssertionError that says what the store did instead. */
export interface ContractCheck {
  readonly name: string
  run(): Promise<void>
}

type Check = (store: TokenStore, name: string) => Promise<void>

/** Milliseconds. */
const long = 60_000
const short = 40
const patience = 5000

const checks: Readonly<Record<string, Check>> = {
  'a name that nobody has written has no record': async (store, name) => {
    deepStrictEqual(await store.read(name), undefined)
  },
  'a record is read as it was written': async (store, name) => {
    const record = { version: 1, data: '1.k.Zm9v-_~ü"\\\n' }
    deepStrictEqual(await store.write(name, record, long), true)
    deepStrictEqual(await store.read(name), record)
  },
  'records of different names are apart': async (store, name) => {
    await store.write(name, { version: 1, data: 'one' }, long)
    await store.write(`${name}-other`, { version: 7, data: 'other' }, long)
    deepStrictEqual(await store.read(name), { version: 1, data: 'one' })
    deepStrictEqual(await store.read(`${name}-other`), { version: 7, data: 'other' })
  },
  'a later version replaces an earlier one': async (store, name) => {
    await store.write(name, { version: 9, data: 'nine' }, long)
    deepStrictEqual(await store.write(name, { version: 10, data: 'ten' }, long), true)
    deepStrictEqual(await store.read(name), { version: 10, data: 'ten' })
  },
  'the same version and an earlier one are not kept': async (store, name) => {
    await store.write(name, { version: 10, data: 'ten' }, long)
    deepStrictEqual(await store.write(name, { version: 10, data: 'again' }, long), false)
    deepStrictEqual(await store.write(name, { version: 9, data: 'nine' }, long), false)
    deepStrictEqual(await store.read(name), { version: 10, data: 'ten' })
  },
  'of versions written at once the latest stays': async (store, name) => {
    const versions = Array.from({ length: 20 }, (_, index) => index + 1).sort(() => Math.random() - 0.5)
    await Promise.all(versions.map((version) => store.write(name, { version, data: `${version}` }, long)))
    deepStrictEqual(await store.read(name), { version: 20, data: '20' })
  },
  'of equal versions written at once one is kept': async (store, name) => {
    const writers = Array.from({ length: 10 }, (_, index) => `${index}`)
    const kept = await Promise.all(writers.map((data) => store.write(name, { version: 1, data }, long)))
    deepStrictEqual(kept.filter(Boolean).length, 1)
    deepStrictEqual(await store.read(name), { version: 1, data: writers[kept.indexOf(true)] })
  },
  'a record ends with its life, and then an earlier version is kept again': async (store, name) => {
    await store.write(name, { version: 5, data: 'five' }, short)
    await until('the record has ended', async () => (await store.read(name)) === undefined)
    deepStrictEqual(await store.write(name, { version: 1, data: 'one' }, long), true)
    deepStrictEqual(await store.read(name), { version: 1, data: 'one' })
  },
  'a record is removed': async (store, name) => {
    await store.write(name, { version: 1, data: 'one' }, long)
    await store.remove(name, { version: 1, data: 'one' })
    deepStrictEqual(await store.read(name), undefined)
  },
  'a record that has been replaced is not removed': async (store, name) => {
    await store.write(name, { version: 1, data: 'one' }, long)
    await store.write(name, { version: 2, data: 'two' }, long)
    await store.remove(name, { version: 1, data: 'one' })
    deepStrictEqual(await store.read(name), { version: 2, data: 'two' })
  },
  'removing what is not there is no error': async (store, name) => {
    await store.remove(name, { version: 1, data: 'one' })
  },
  'one holder has the lease, the others find it held': async (store, name) => {
    deepStrictEqual(await store.lease(name, { holder: 'a', life: long }), { state: 'acquired' })
    deepStrictEqual(held(await store.lease(name, { holder: 'b', life: long })), undefined)
  },
  'of many who ask at once one gets the lease': async (store, name) => {
    const holders = Array.from({ length: 20 }, (_, index) => `holder-${index}`)
    const leases = await Promise.all(holders.map((holder) => store.lease(name, { holder, life: long })))
    deepStrictEqual(leases.filter(({ state }) => state === 'acquired').length, 1)
  },
  'the holder renews its lease and leaves word': async (store, name) => {
    await store.lease(name, { holder: 'a', life: long })
    deepStrictEqual(await store.lease(name, { holder: 'a', life: long, word: 'w.o~r|d' }), { state: 'acquired' })
    deepStrictEqual(held(await store.lease(name, { holder: 'b', life: long })), 'w.o~r|d')
  },
  'a renewal without word takes the word away': async (store, name) => {
    await store.lease(name, { holder: 'a', life: long, word: 'down' })
    await store.lease(name, { holder: 'a', life: long })
    deepStrictEqual(held(await store.lease(name, { holder: 'b', life: long })), undefined)
  },
  'a lease ends with its life': async (store, name) => {
    await store.lease(name, { holder: 'a', life: short })
    await until('the lease has ended', async () => {
      return (await store.lease(name, { holder: 'b', life: long })).state === 'acquired'
    })
    deepStrictEqual((await store.lease(name, { holder: 'a', life: long })).state, 'held')
  },
  'a lease that is released is free': async (store, name) => {
    await store.lease(name, { holder: 'a', life: long })
    await store.release(name, 'a')
    deepStrictEqual(await store.lease(name, { holder: 'b', life: long }), { state: 'acquired' })
  },
  'nobody releases the lease of another holder, a longer name neither': async (store, name) => {
    await store.lease(name, { holder: 'holder-1', life: long })
    await store.release(name, 'holder')
    await store.release(name, 'holder-12')
    deepStrictEqual((await store.lease(name, { holder: 'holder', life: long })).state, 'held')
  },
  'a lease is no record, and a record no lease': async (store, name) => {
    await store.lease(name, { holder: 'a', life: long })
    deepStrictEqual(await store.read(name), undefined)
    await store.write(name, { version: 1, data: 'one' }, long)
    await store.release(name, 'a')
    deepStrictEqual(await store.read(name), { version: 1, data: 'one' })
  }
}

/**
 * What every TokenStore must do, as named checks for any test runner. `makeStore` returns a store that is ready. Each check calls it once
 * and uses names that no other check uses, so one engine can serve all of them.
 *
 * @example
 * for (const { name, run } of tokenStoreContract(() => myStore())) test(name, run)
 */
export function tokenStoreContract(makeStore: () => TokenStore | Promise<TokenStore>): readonly ContractCheck[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    run: async () => check(await makeStore(), randomUUID())
  }))
}

/** The message of the holder. */
function held(lease: Awaited<ReturnType<TokenStore['lease']>>): string | undefined {
  ok(lease.state === 'held', 'the lease was acquired, although another holder has it')
  return lease.word
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const latest = Date.now() + patience
  while (!(await holds())) {
    ok(Date.now() < latest, `${what}: not after ${patience} ms`)
    await pause(5)
  }
}
