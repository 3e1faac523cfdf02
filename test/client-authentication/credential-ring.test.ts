import { expect, test } from 'vitest'
import { clientSecretPost } from '../../src/client-authentication/client-secret-post.ts'
import { present } from './draft.ts'

async function attempt(authentication: ReturnType<typeof clientSecretPost>) {
  const { form, proof, warnings } = await present(authentication)
  return { secret: form.get('client_secret'), proof, warnings }
}

test('X7 the next one is tried at once, the winner is remembered, and an event says so', async () => {
  const ring = clientSecretPost(['current', 'next'])
  const first = await attempt(ring)
  expect(first.secret).toBe('current')
  expect(await first.proof.refused()).toBe(true)

  const second = await attempt(ring)
  expect(second.secret).toBe('next')
  second.proof.accepted()
  expect(second.warnings).toEqual(['credential_changed'])

  const third = await attempt(ring)
  expect(third.secret).toBe('next')
  third.proof.accepted()
  expect(third.warnings).toEqual([])
})

test('X7 of however many, two are refused before the back-off, and each has its turn after it', async () => {
  const ring = clientSecretPost(['a', 'b', 'c'])
  const tried = []
  for (let refusals = 0; refusals < 7; refusals++) {
    const { secret, proof } = await attempt(ring)
    tried.push(secret, await proof.refused())
  }
  expect(tried).toEqual(['a', true, 'b', false, 'c', false, 'a', false, 'b', false, 'c', false, 'a', false])
})

test('X7 a spare one is no reason to end the back-off', async () => {
  const ring = clientSecretPost(['a', 'b', 'c'])
  await (await attempt(ring)).proof.refused()
  await (await attempt(ring)).proof.refused()
  expect(await ring.changed()).toBe(false)
})

test('X7 many flights that were refused the same one all repeat with the next', async () => {
  const ring = clientSecretPost(['current', 'next'])
  const flights = await Promise.all(Array.from({ length: 5 }, () => attempt(ring)))
  for (const { secret, proof } of flights) {
    expect(secret).toBe('current')
    expect(await proof.refused()).toBe(true)
  }
  expect((await attempt(ring)).secret).toBe('next')
})

test('X6 a secret that changed meanwhile is worth one repeat, an unchanged one is not', async () => {
  let secret = 'old'
  const authentication = clientSecretPost(() => secret)
  const first = await attempt(authentication)
  expect(await first.proof.refused()).toBe(false)
  expect(await authentication.changed()).toBe(false)
  secret = 'new'
  expect(await authentication.changed()).toBe(true)
  const second = await attempt(authentication)
  secret = 'newer'
  expect(await second.proof.refused()).toBe(true)
})

test('X3 a source that fails while it is asked for news has none', async () => {
  let failing = false
  const authentication = clientSecretPost(() => (failing ? Promise.reject(new Error('sealed')) : 'old'))
  await (await attempt(authentication)).proof.refused()
  failing = true
  expect(await authentication.changed()).toBe(false)
})

test('X3 of two sources one that cannot be had does not cost the other', async () => {
  const ring = clientSecretPost([() => Promise.reject(new Error('sealed')), 'next'])
  expect((await attempt(ring)).secret).toBe('next')
})

test('Q21 a source that never answers does not hold up one that has what is needed', async () => {
  const ring = clientSecretPost(['current', () => new Promise(() => {})])
  expect((await attempt(ring)).secret).toBe('current')
})
