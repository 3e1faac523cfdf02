import { expect, test } from 'vitest'
import { Entries } from '../../src/cache/entries.ts'
import type { Underway } from '../../src/cache/entry.ts'
import { tokenRequest } from '../../src/token/token-request.ts'

const asked = tokenRequest({ scope: ['a'] })
const other = tokenRequest({ scope: ['b'] })

function entriesOf(limit: number) {
  const entries = new Entries({ limit, onFull() {}, onDelete() {} })
  const entry = entries.of(asked)
  expect(entries.get(asked)).toBe(entry)
  return { entries, entry }
}

test('Q18 the key that was asked for last is gone when it is deleted, pushed out or cleared away', () => {
  const deleted = entriesOf(2)
  deleted.entries.delete(deleted.entry)
  const pushedOut = entriesOf(1)
  pushedOut.entries.of(other)
  const cleared = entriesOf(2)
  cleared.entries.clear()
  for (const { entries } of [deleted, pushedOut, cleared]) expect(entries.get(asked)).toBeUndefined()
})

test('Q18 two requests that ask for the same share an entry, and one that differs gets its own', () => {
  const { entries, entry } = entriesOf(2)
  expect(entries.get(tokenRequest({ scope: ['a'] }))).toBe(entry)
  expect(entries.get(other)).toBeUndefined()
})

test('Q18 neither a key with a token request under way nor a pinned one is pushed out', () => {
  const underway = entriesOf(1)
  underway.entry.underway = {} as Underway
  const pinned = entriesOf(1)
  pinned.entry.pinned = true
  for (const { entries, entry } of [underway, pinned]) {
    entries.of(other)
    expect(entries.get(asked)).toBe(entry)
  }
})

test('the key to push out is found without a look at all of them', () => {
  const limit = 500
  const { entries } = entriesOf(limit)
  let looks = 0
  for (let keys = 1; keys < 3 * limit; keys += 1) {
    const entry = entries.of(tokenRequest({ scope: [`tenant-${keys}`] }))
    const lastUse = keys
    Object.defineProperty(entry, 'lastUse', {
      get() {
        looks += 1
        return lastUse
      }
    })
  }
  expect(entries.size).toBe(limit)
  expect(looks).toBeLessThan(10 * limit) // looking at all keys for each of a thousand would be half a million
})
