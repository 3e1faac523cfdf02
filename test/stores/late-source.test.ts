import { expect, test } from 'vitest'
import { TokenClientError } from '../../src/errors.ts'
import { late } from '../../src/late.ts'
import { lateSharedSource } from '../../src/stores/late-source.ts'
import { manualClock } from '../../src/testing/index.ts'
import { Secret } from '../../src/token/secret.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { memoryStore } from '../support/memory-store.ts'
import { scriptedSource } from '../support/scripted-source.ts'

const read = tokenRequest({ scope: ['read'] })
const exhausted = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }))

/** A source over a store, whose code loads as the test says. */
function lateSource(load: () => Promise<typeof import('../../src/stores/shared-source.ts')>, { reader = false } = {}) {
  const clock = manualClock()
  const store = memoryStore(clock)
  const source = scriptedSource(clock)
  const shared = lateSharedSource(
    {
      ...{ store, clock, shards: 1, timeout: 10_000 },
      source: reader ? undefined : source,
      secrets: async () => [new Secret(Buffer.alloc(32, 1).toString('base64'))],
      identity: async () => ['orders'],
      emit() {},
      risen() {}
    },
    late(load)
  )
  return { clock, store, source, shared }
}

test('code that cannot be loaded leaves the store out and costs no call, whatever is asked of it', async () => {
  const { source, shared, clock } = lateSource(exhausted)
  const asked = Promise.resolve(shared.token(read))
  await clock.advance(0)
  const token = await source.last.give()
  expect(await asked).toBe(token)
  shared.withdraw?.(read, token)
  shared.rests?.(read, 1000)
  shared.close()
  await clock.advance(0) // and nothing is rejected that nobody listens to
})

test('a reader without the code is told why it has no token', async () => {
  const { shared } = lateSource(exhausted, { reader: true })
  const error = await Promise.resolve(shared.token(read)).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(TokenClientError)
  expect(error).toMatchObject({ code: 'ERR_RESOURCE_EXHAUSTED', transient: true })
})

test('a source that is closed before its code is there leaves no timer behind', async () => {
  let arrive = () => {}
  const { source, shared, clock } = lateSource(async () => {
    await new Promise<void>((resolve) => (arrive = resolve))
    return import('../../src/stores/shared-source.ts')
  })
  const asked = Promise.resolve(shared.token(read))
  shared.close()
  arrive()
  while (source.calls.length === 0) await clock.advance(0)
  await source.last.give()
  await asked
  await clock.advance(300_000)
  expect(clock.timers).toBe(0)
})
