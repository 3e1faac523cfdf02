import { expect, test, vi } from 'vitest'
import { assertion, ClientClosedError, privateKeyJwt, type TokenClientOptions } from '../../src/index.ts'
import { remoteSigner } from '../support/dpop-road.ts'
import { heldRoad } from '../support/held-road.ts'

const never = () => new Promise<never>(() => {})

/** What a token request can wait for before it is sent. `wait` is called when it does. */
const sources: Readonly<Record<string, (wait: () => Promise<never>) => object>> = {
  'a secret': (wait) => ({ clientSecret: wait }),
  'an assertion': (wait) => ({ clientSecret: undefined, clientAuthentication: assertion(wait) }),
  'a key for assertions': (wait) => ({ clientSecret: undefined, clientAuthentication: privateKeyJwt({ key: wait }) }),
  'the signature of an assertion': (wait) => ({
    clientSecret: undefined,
    clientAuthentication: privateKeyJwt({ alg: 'ES256', sign: wait })
  }),
  'header fields': (wait) => ({ headers: wait }),
  'a DPoP key': (wait) => ({ dpop: { key: wait } }),
  'the signature of a DPoP proof': (wait) => ({ dpop: { ...remoteSigner().dpop, sign: wait } })
}

/** A client that waits for that source and for nothing else. */
function road(source: (wait: () => Promise<never>) => object) {
  const wait = vi.fn(never)
  const issuer = { issuer: 'https://auth.internal', ...source(wait) } as Partial<TokenClientOptions>
  const held = heldRoad(() => expect.unreachable('nothing is sent'), issuer)
  const isAwaited = () => vi.waitFor(() => expect(wait).toHaveBeenCalled())
  return { ...held, isAwaited }
}

const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error)

test.each(Object.entries(sources))('I7 whoever leaves while %s is awaited need not wait for it', async (_, source) => {
  const { tokens, isAwaited } = road(source)
  const leaving = new AbortController()
  const call = failureOf(tokens.getToken({ signal: leaving.signal }))
  await isAwaited()
  leaving.abort()
  expect(await call).toMatchObject({ name: 'AbortError' })
})

test.each(Object.entries(sources))('I7 a call ends by its maxWait while %s is awaited', async (_, source) => {
  const { tokens, clock, isAwaited } = road(source)
  const calls = [tokens.getToken({ maxWait: 700 }), tokens.headers({ method: 'GET', url: 'https://u', maxWait: 700 })]
  const failures = Promise.all(
    [...calls, tokens.refresh({ maxWait: 700 }), tokens.ready({ maxWait: 700 })].map(failureOf)
  )
  await isAwaited()
  await clock.advance(700)
  for (const failure of await failures) expect(failure).toMatchObject({ code: 'ERR_TIMEOUT', transient: true })
})

test.each(Object.entries(sources))('I7 a call ends by the timeout and says that %s did not come', async (_, source) => {
  const { tokens, clock, isAwaited } = road(source)
  const call = failureOf(tokens.getToken())
  await isAwaited()
  await clock.advance(10_000)
  expect(await call).toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE', transient: true })
})

test.each(Object.entries(sources))(
  'I8 close() ends every call while %s is awaited, and leaves no timer',
  async (_, source) => {
    const { tokens, clock, isAwaited } = road(source)
    const calls = [tokens.getToken(), tokens.getToken({ maxWait: 60_000 }), tokens.refresh(), tokens.ready()]
    const failures = Promise.all(calls.map(failureOf))
    await isAwaited()
    await tokens.close()
    for (const failure of await failures) expect(failure).toBeInstanceOf(ClientClosedError)
    expect(clock.timers).toBe(0)
  }
)
