import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { load } from '../src/load.ts'
import { isBytes, isUrl } from '../src/realm.ts'

test('W34 a URL and bytes are known in whatever realm they were made', () => {
  class Foreign {
    get [Symbol.toStringTag]() {
      return 'URL'
    }
  }
  expect([new URL('https://a.test'), new Foreign(), 'https://a.test', {}, null].map(isUrl)).toEqual([
    true,
    true,
    false,
    false,
    false
  ])
  const bytes = [new Uint8Array(1), Buffer.alloc(1), runInNewContext('new Uint8Array(1)')]
  expect(bytes.map(isBytes)).toEqual([true, true, true])
  expect([new DataView(new ArrayBuffer(1)), new Uint16Array(1), [1], 'a', undefined].map(isBytes)).not.toContain(true)
})

test('W34 in the realm of a test runner a package is imported, because a required one would not know its errors', () => {
  const { Function: main } = globalThis
  expect(load('p-retry', () => Promise.resolve('imported'))).toMatchObject({ default: expect.any(main) })
  globalThis.Function = runInNewContext('Function')
  try {
    expect(load('p-retry', () => Promise.resolve('imported'))).toBeInstanceOf(Promise)
  } finally {
    globalThis.Function = main
  }
})
