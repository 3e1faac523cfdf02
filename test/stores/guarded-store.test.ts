import { expect, test } from 'vitest'
import { GuardedStore } from '../../src/stores/guarded-store.ts'
import type { TokenStore } from '../../src/stores/token-store.ts'
import { manualClock } from '../../src/testing/index.ts'

/** A store whose methods fail as long as their names are in `failing`. */
function troubled() {
  const clock = manualClock()
  const failing = new Set<keyof TokenStore>()
  const warnings: unknown[] = []
  const method =
    <Answer>(name: keyof TokenStore, answer: Answer) =>
    async () => {
      if (failing.has(name)) throw Object.assign(new Error(), { code: 'ENOSPC' })
      return answer
    }
  const store: TokenStore = {
    read: method('read', undefined),
    write: method('write', true),
    remove: method('remove', undefined),
    lease: method('lease', { state: 'acquired' } as const),
    release: method('release', undefined)
  }
  const guarded = new GuardedStore(store, { clock, timeout: 10_000, emit: (_, event) => void warnings.push(event) })

  /** What an instance does for each new token. */
  async function round(): Promise<void> {
    await guarded.read('name')
    await guarded.lease('name', { holder: 'a', life: 1000 })
    await guarded.write('name', { version: 1, data: 'x' }, 1000)
    await guarded.release('name', 'a')
  }
  const fail = (...names: (keyof TokenStore)[]) => {
    failing.clear()
    for (const name of names) failing.add(name)
  }
  return { clock, guarded, warnings, fail, round }
}

const hour = 3_600_000

test.each([
  [['read', 'write', 'remove', 'lease', 'release']],
  [['write', 'lease']],
  [['lease']],
  [['write']]
] as (keyof TokenStore)[][][])('S5 while %j fail, there is one warning', async (names) => {
  const { clock, warnings, fail, round } = troubled()
  fail(...names)
  for (let rounds = 0; rounds < 5; rounds += 1) {
    await round()
    await clock.advance(hour)
  }
  expect(warnings).toMatchObject([{ code: 'store_unavailable' }])
})

test('S5 a second outage has a warning of its own, also for an instance that has only read in between', async () => {
  const { clock, guarded, warnings, fail, round } = troubled()
  fail('read', 'lease', 'write')
  await round()
  fail()
  await clock.advance(hour)
  await guarded.read('name')
  expect(warnings).toHaveLength(1)
  fail('read')
  await guarded.read('name')
  expect(warnings).toHaveLength(2)
})

test('S5 when a disk fills up, and reading fails as well a day later, both are told', async () => {
  const { clock, warnings, fail, round } = troubled()
  fail('write')
  await round()
  await clock.advance(24 * hour)
  fail('write', 'read')
  await round()
  expect(warnings).toHaveLength(2)
})
