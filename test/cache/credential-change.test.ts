import { expect, test } from 'vitest'
import { ClientClosedError } from '../../src/errors.ts'
import { down, hour, noSuchScope, read, refused, second, setUp as setUpCache, write } from './set-up.ts'

/** A cache whose credential is read again as often as `readings` says. */
function setUp() {
  const credential = { changed: async () => false, readings: 0 }
  const { clock, source, cache } = setUpCache({
    credentialChanged() {
      credential.readings++
      return credential.changed()
    }
  })
  async function refuse(request = read) {
    const waiting = cache.promise(request).catch((error) => error)
    await clock.advance(0)
    await source.last.fail(refused())
    await waiting
    await clock.advance(second)
  }
  return { clock, source, credential, cache, refuse }
}

test('X6 a changed credential lifts the wait for the call that reads it, whatever its key', async () => {
  const { clock, source, credential, cache, refuse } = setUp()
  await refuse()
  credential.changed = async () => true
  const waiting = cache.promise(write)
  await clock.advance(0)
  await source.last.give()
  expect((await waiting).scope).toEqual(['write'])
})

test('X6 an unchanged one is read once a second, and every call gets the remembered refusal', async () => {
  const { clock, source, credential, cache, refuse } = setUp()
  await refuse()
  for (let call = 0; call < 10; call++) {
    await expect(cache.promise(read)).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
    await clock.advance(500)
  }
  expect(credential.readings).toBe(5)
  expect(source.calls).toHaveLength(1)
})

test('Q21 X6 a source that hangs or fails counts as unchanged, and delays nobody for more than a second', async () => {
  const { clock, credential, cache, refuse } = setUp()
  await refuse()
  const { timers } = clock
  credential.changed = () => new Promise(() => {})
  const waiting = expect(cache.promise(read)).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  await clock.advance(second)
  await waiting
  credential.changed = () => Promise.reject(new Error('sealed'))
  await expect(cache.promise(read)).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  expect(clock.timers).toBe(timers)
})

test('Q12 I8 a client that closes while its credential is read again leaves no waiting call and no timer', async () => {
  const { clock, credential, cache, refuse } = setUp()
  await refuse()
  credential.changed = () => new Promise(() => {})
  const waiting = expect(cache.promise(read)).rejects.toThrow(ClientClosedError)
  await clock.advance(0)
  cache.close()
  await waiting
  expect(clock.timers).toBe(0)
})

test('N10 keys that were refused together count as one failure: the wait is a minute, not two', async () => {
  const { clock, source, cache } = setUp()
  const waiting = [read, write].map((request) => cache.promise(request).catch((error) => error))
  await clock.advance(0)
  for (const call of source.calls) await call.fail(refused())
  for (const failure of await Promise.all(waiting)) expect(failure).toMatchObject({ retryAfter: 60 * second })
  await clock.advance(60 * second)
  void cache.promise(read).catch(() => {})
  await clock.advance(0)
  expect(source.calls).toHaveLength(3)
})

test('X6 a failure that is not about the credential does not make it be read', async () => {
  const { clock, source, credential, cache } = setUp()
  const waiting = cache.promise(read).catch((error) => error)
  await clock.advance(0)
  await source.last.fail(noSuchScope())
  await waiting
  await clock.advance(second)
  await expect(cache.promise(read)).rejects.toMatchObject({ code: 'ERR_INVALID_SCOPE' })
  expect(credential.readings).toBe(0)
})

test('X6 while the old token works, nobody waits for a credential; the next call after its change refreshes', async () => {
  const { clock, source, credential, cache } = setUp()
  const first = cache.promise(write)
  await clock.advance(0)
  await source.last.give(12 * hour)
  const token = await first
  await clock.advance(second)
  expect(cache.token(write)).toBe(token)
  await clock.advance(9.6 * hour)
  expect(cache.token(write)).toBe(token) // while the refresh is under way
  await source.last.fail(refused())
  await clock.advance(second)
  expect(cache.token(write)).toBe(token)
  credential.changed = async () => true
  await clock.advance(second)
  const requests = source.calls.length
  expect(cache.token(write)).toBe(token)
  await clock.advance(0)
  expect(cache.token(write)).toBe(token)
  expect(source.calls).toHaveLength(requests + 1)
})

test('I4 a changed credential does not make a key that was refused for its scope forget its failures', async () => {
  const { clock, source, credential, cache, refuse } = setUp()
  const refusedScope = async () => {
    const asked = cache.promise(write).catch((error) => error)
    await clock.advance(0)
    await source.last.fail(noSuchScope())
    return asked
  }
  expect(await refusedScope()).toMatchObject({ retryAfter: 60 * second })
  await clock.advance(60 * second)
  await refuse()
  credential.changed = async () => true
  const asked = cache.promise(read, { maxWait: 0 }).catch(() => {})
  await clock.advance(0)
  await asked
  await source.last.fail(down())
  await clock.advance(60 * second)
  expect(await refusedScope()).toMatchObject({ retryAfter: 120 * second })
})

test('C60 what tokens are bound to has changed: each is replaced before its next use', async () => {
  const { clock, source, cache } = setUp()
  const first = cache.promise(read)
  await clock.advance(0)
  await source.last.give()
  const old = await first
  await clock.advance(second)
  cache.renewAll()
  const waiting = Promise.resolve(cache.token(read))
  await clock.advance(0)
  await source.last.give()
  expect((await waiting).serial).toBe(old.serial + 1)
})
