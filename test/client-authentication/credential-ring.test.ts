import { describe, expect, test } from 'vitest'
import { clientSecretPost } from '../../src/client-authentication/client-secret-post.ts'
import { manualClock } from '../../src/testing/index.ts'
import { startDeadline } from '../../src/waiting/deadline.ts'
import { present } from './draft.ts'

async function attempt(authentication: ReturnType<typeof clientSecretPost>, clock = manualClock()) {
  const timedOut = () => new Error('too slow')
  const deadline = startDeadline({ clock, timeout: 5000, timedOut, signals: [] })
  const { form, proof, warnings } = await present(authentication, { deadline })
  deadline.stop()
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

test('X7 of any number of credentials, two are tried before the back-off, and each of them in turn after it', async () => {
  const ring = clientSecretPost(['a', 'b', 'c'])
  const tried = []
  for (let refusals = 0; refusals < 7; refusals++) {
    const { secret, proof } = await attempt(ring)
    tried.push(secret, await proof.refused())
  }
  expect(tried).toEqual(['a', true, 'b', false, 'c', false, 'a', false, 'b', false, 'c', false, 'a', false])
})

test('X7 another credential does not end the back-off', async () => {
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

test('X3 if one of two sources fails, the other one is used', async () => {
  const ring = clientSecretPost([() => Promise.reject(new Error('sealed')), 'next'])
  expect((await attempt(ring)).secret).toBe('next')
})

test('Q21 a source that never answers does not hold up one that has what is needed', async () => {
  const ring = clientSecretPost(['current', () => new Promise(() => {})])
  expect((await attempt(ring)).secret).toBe('current')
})

describe('a single source that has changed before the server', () => {
  async function rotatedTooEarly() {
    const source = { secret: 'old' }
    const clock = manualClock()
    const authentication = clientSecretPost(() => source.secret)
    const next = () => attempt(authentication, clock)
    ;(await next()).proof.accepted()
    source.secret = 'new'
    return { source, clock, authentication, next }
  }

  test('X6 the one that was accepted last is tried once more before a wait, and an event says so', async () => {
    const { next } = await rotatedTooEarly()
    const first = await next()
    expect([first.secret, await first.proof.refused()]).toEqual(['new', true])
    const second = await next()
    expect(second.secret).toBe('old')
    second.proof.accepted()
    expect(second.warnings).toEqual(['credential_refused'])
  })

  test('X6 the new one is tried again after a minute, whatever the number of token requests', async () => {
    const { clock, next } = await rotatedTooEarly()
    await (await next()).proof.refused()
    const tried = []
    for (let requests = 0; requests < 8; requests++) {
      const { secret, proof } = await next()
      tried.push(secret)
      if (secret === 'old') proof.accepted()
      else await proof.refused()
      await clock.advance(20_000)
    }
    expect(tried).toEqual(['old', 'old', 'old', 'new', 'old', 'old', 'old', 'new'])
  })

  test('X6 once the server has followed, a refusal of the former one is worth one repeat with the new one', async () => {
    const { next } = await rotatedTooEarly()
    await (await next()).proof.refused()
    ;(await next()).proof.accepted()
    const late = await next()
    expect([late.secret, await late.proof.refused()]).toEqual(['old', true])
    const followed = await next()
    expect(followed.secret).toBe('new')
    followed.proof.accepted()
    expect(followed.warnings).toEqual(['credential_changed'])
    expect((await next()).secret).toBe('new')
  })

  test('X6 a refusal of the new one is no more than a minute old when the former one is sent', async () => {
    const { clock, next } = await rotatedTooEarly()
    await (await next()).proof.refused()
    expect((await next()).secret).toBe('old') // and the server does not answer
    await clock.advance(60_000)
    const late = await next()
    expect([late.secret, await late.proof.refused()]).toEqual(['new', true])
    expect((await next()).secret).toBe('old')
  })

  test('X6 when both are refused the back-off begins, and the former one is not tried again', async () => {
    const { next, authentication } = await rotatedTooEarly()
    const tried = []
    for (let refusals = 0; refusals < 4; refusals++) {
      const { secret, proof } = await next()
      tried.push(secret, await proof.refused())
    }
    expect(tried).toEqual(['new', true, 'old', false, 'new', false, 'new', false])
    expect(await authentication.changed()).toBe(false)
  })

  test('X6 with a list, only its credentials are tried, not former contents of a file', async () => {
    let secret = 'old'
    const ring = clientSecretPost([() => secret, 'spare'])
    ;(await attempt(ring)).proof.accepted()
    secret = 'new'
    const tried = []
    for (let refusals = 0; refusals < 3; refusals++) {
      const { secret, proof } = await attempt(ring)
      tried.push(secret, await proof.refused())
    }
    expect(tried).toEqual(['new', true, 'spare', false, 'new', false])
  })
})
