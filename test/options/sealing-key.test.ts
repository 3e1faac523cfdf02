import { randomBytes, randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { type ClientSecret, createTokenClient, raiseEpoch } from '../../src/index.ts'
import { looksRandom } from '../../src/options/random-looking.ts'
import { manualClock } from '../../src/testing/index.ts'
import { memoryStore } from '../support/memory-store.ts'

const clock = manualClock()
const random = () => randomBytes(24).toString('base64url')

function clientWith(clientSecret: ClientSecret | readonly ClientSecret[], store = memoryStore(clock)) {
  let requests = 0
  async function fetch(): Promise<Response> {
    requests += 1
    return Response.json({ access_token: `token-${requests}`, token_type: 'Bearer', expires_in: 43_200 })
  }
  const identity = { tokenEndpoint: 'https://auth.test/token', clientId: 'orders', clientSecret }
  const tokens = createTokenClient({ ...identity, clock, store, sealingKey: 'clientSecret', fetch })
  onTestFinished(() => tokens.close())
  const warnings: string[] = []
  tokens.on('warning', ({ code, message }) => warnings.push(`${code}: ${message}`))
  return { tokens, store, warnings, requests: () => requests }
}

const remedy = 'Give a separate sealing key: anyone who gets the store could guess this one.'

const guessable: readonly [string, string][] = [
  ['short-3f9c', 'has fewer than 32 characters'],
  [randomBytes(23).toString('base64url'), 'has fewer than 32 characters'],
  ['0'.repeat(64), 'does not look random'],
  ['aaaaaaaaaaaaaaaaaaaaaaabcdefghijkl', 'does not look random'],
  ['0123456789abcdef0123456789abcdef', 'does not look random'],
  ['abcdefghijklmnopqrstuvwxyz012345', 'does not look random'],
  ['9876543210zyxwvutsrqponmlkjihgfe', 'does not look random'],
  ['x7Kq2mPz9w'.repeat(4), 'does not look random'],
  ['Password123Password123Password123', 'does not look random'],
  ['changeme-changeme-changeme-changeme', 'does not look random'],
  ['correct horse battery staple correct', 'does not look random'],
  ['orders-service-production-secret!', 'does not look random'],
  ['my-service-client-secret-for-staging-2024', 'does not look random']
]

test.for(guessable)(
  'a client secret that could be guessed seals nothing, and the error does not show it: %s',
  ([secret, fault]) => {
    expect(() => clientWith(secret)).toThrow(`sealingKey ${fault}. ${remedy}`)
    expect(() => clientWith([random(), secret])).toThrow(fault)
    expect(() => clientWith(secret)).not.toThrow(secret)
  }
)

test('what generators of secrets give looks random', () => {
  const generators = [
    random,
    () => randomBytes(16).toString('hex'),
    () => randomBytes(24).toString('base64'),
    () => randomBytes(32).toString('base64'),
    () => randomUUID() + randomUUID()
  ]
  for (const generate of generators) {
    const taken = Array.from({ length: 1000 }, generate).filter(looksRandom)
    expect(taken.length).toBeGreaterThanOrEqual(990)
  }
})

test('instances with one client secret share a token, and one with another secret finds nothing', async () => {
  const secret = random()
  const first = clientWith(secret)
  const value = async ({ tokens }: ReturnType<typeof clientWith>) => (await tokens.getToken()).value
  expect(await value(first)).toBe('token-1')
  await clock.advance(0)
  const second = clientWith(secret, first.store)
  const stranger = clientWith(random(), first.store)
  expect([await value(second), second.requests()]).toEqual(['token-1', 0])
  expect([await value(stranger), stranger.requests()]).toEqual(['token-1', 1])
  expect(first.store.dump()).not.toContain(secret)
})

test('a rotated client secret opens what the former one sealed', async () => {
  const [former, current] = [random(), random()]
  const before = clientWith(former)
  await before.tokens.getToken()
  await clock.advance(0)
  const rotated = clientWith([current, former], before.store)
  await rotated.tokens.getToken()
  expect(rotated.requests()).toBe(0)
})

test('a client secret that comes from a function and could be guessed leaves the store out, with the reason', async () => {
  const { tokens, store, warnings } = clientWith(async () => 'guessable-guessable-guessable-guessable')
  await tokens.getToken()
  expect(warnings).toEqual([
    'store_unavailable: The token store is not used for now. ' +
      'The sealingKey function returned a value that does not look random. Have it return the secret as a string, or a promise of one.'
  ])
  expect(store.calls).toEqual([])
})

test('the epoch is raised with a key that comes from the client secret, and not without one', async () => {
  const store = memoryStore(clock)
  expect(await raiseEpoch({ store, sealingKey: 'clientSecret', clientSecret: random() })).toBe(1)
  await expect(raiseEpoch({ store, sealingKey: 'clientSecret' })).rejects.toThrow(
    "sealingKey is 'clientSecret', but there is no client secret. Give a key of its own."
  )
})
