import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { TokenClientError } from '../../src/errors.ts'
import type { Emit, Warning } from '../../src/events.ts'
import { Epoch, raise } from '../../src/stores/epoch.ts'
import { GuardedStore } from '../../src/stores/guarded-store.ts'
import { type SealingKey, sealingKeyOf } from '../../src/stores/sealing-key.ts'
import { StoredSource } from '../../src/stores/stored-source.ts'
import { TokenRecord } from '../../src/stores/token-record.ts'
import type { TokenStore } from '../../src/stores/token-store.ts'
import { manualClock, tokenStoreContract } from '../../src/testing/index.ts'
import type { AccessToken } from '../../src/token/access-token.ts'
import { Secret } from '../../src/token/secret.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import type { Asking } from '../../src/token/token-source.ts'
import { memoryStore } from '../support/memory-store.ts'
import { scriptedSource } from '../support/scripted-source.ts'

const second = 1000
const hour = 3600 * second
const read = tokenRequest({ scope: ['read'] })
const write = tokenRequest({ scope: ['write'] })
const down = () => new TokenClientError('ERR_SERVER_ERROR', 'down', { transient: true, status: 503 })

const anySecret = () => new Secret(randomBytes(32).toString('base64'))
const anyKey = () => sealingKeyOf(anySecret())

interface Outcome {
  value: unknown
}

/** Instances of one service around one store. */
function fleet(ring = [anyKey()]) {
  const clock = manualClock({ random: 0.5 })
  const store = memoryStore(clock)
  const warnings: string[] = []
  let instances = 0
  const dropped: number[] = []

  function instance({ reader = false, keys = ring } = {}) {
    const source = scriptedSource(clock)
    instances += 1
    const holder = `instance-${instances}`
    const emit: Emit = (_name, event) => void warnings.push((event as Warning).code)
    const guarded = new GuardedStore(store, { clock, emit, timeout: 10 * second })
    const risen = (spread: number) => void dropped.push(spread)
    const epoch = new Epoch({ store: guarded, keys: async () => keys, shard: 0, clock, risen })
    const place = { store: guarded, keys: keys as unknown as Keys, holder, epoch, clock }
    const stored = new StoredSource({
      source: reader ? undefined : source,
      recordOf: async ({ key }) => new TokenRecord({ ...place, identity: key }),
      clock,
      timeout: 10 * second
    })

    function ask(asking?: Asking, request = read): Outcome {
      const outcome: Outcome = { value: 'pending' }
      Promise.resolve(stored.token(request, asking)).then(
        (token) => (outcome.value = token.value),
        (error) => (outcome.value = error)
      )
      return outcome
    }
    return { source, stored, ask }
  }

  /** The instance has asked the source below, which gave that token, and the store has it. */
  async function published(by: ReturnType<typeof instance>, life: number, value: string): Promise<AccessToken> {
    by.ask()
    await clock.advance(0)
    const token = await by.source.last.give(life, value)
    await clock.advance(0)
    return token
  }

  return {
    clock,
    store,
    warnings,
    dropped,
    instance,
    published,
    settle: () => clock.advance(0),
    /** A store that is late is given two more turns of the event loop. */
    async pass(ms: number) {
      for (const step of [ms, 0, 0]) await clock.advance(step)
    }
  }
}

type Keys = readonly [SealingKey, ...SealingKey[]]

const verifiable = tokenStoreContract(() => memoryStore(systemClock))
test.for(verifiable)('the store of these tests: $name', ({ run }) => run())

test('of three cold instances one asks, and all have its token', async () => {
  const { instance, settle, clock } = fleet()
  const all = [instance(), instance(), instance()]
  const outcomes = all.map(({ ask }) => ask())
  await settle()
  expect(all.map(({ source }) => source.calls.length)).toEqual([1, 0, 0])
  await all[0]?.source.last.give(12 * hour, 'shared')
  await clock.advance(second)
  expect(outcomes.map(({ value }) => value)).toEqual(['shared', 'shared', 'shared'])
  expect(all.map(({ source }) => source.calls.length)).toEqual([1, 0, 0])
})

test('an instance that starts later finds the token with its true age', async () => {
  const { instance, clock, published } = fleet()
  const [first, later] = [instance(), instance()]
  const token = await published(first, 12 * hour, 'shared')
  await clock.advance(11 * hour)
  const found = await later.stored.token(read)
  expect(found).toMatchObject({ obtainedAt: token.obtainedAt, expiresAt: token.expiresAt })
  expect(later.source.calls).toHaveLength(0)
})

test('what is asked for another request is not shared', async () => {
  const { instance, settle, published } = fleet()
  const [one, other] = [instance(), instance()]
  await published(one, hour, 'for read')
  other.ask({}, write)
  await settle()
  expect(other.source.calls).toHaveLength(1)
})

test('a token that has ended in the store is a miss', async () => {
  const { instance, settle, clock, published } = fleet()
  const [one, other] = [instance(), instance()]
  await published(one, 10 * second, 'short')
  await clock.advance(10 * second)
  other.ask()
  await settle()
  expect(other.source.calls).toHaveLength(1)
})

test('due: a newer token is adopted, and the same one is not', async () => {
  const { instance, settle, clock, published } = fleet()
  const [one, other] = [instance(), instance()]
  const old = await published(one, hour, 'old')
  await clock.advance(second)
  const refresh = one.ask({ inHand: old })
  await settle()
  expect(one.source.calls).toHaveLength(2)
  await one.source.last.give(hour, 'new')
  await settle()
  expect(refresh.value).toBe('new')
  const adopted = other.ask({ inHand: old })
  await settle()
  expect([adopted.value, other.source.calls.length]).toEqual(['new', 0])
})

test('due: while another holder is slow, whoever has a token waits and asks nobody', async () => {
  const { instance, settle, clock, published } = fleet()
  const [one, other] = [instance(), instance()]
  const old = await published(one, hour, 'old')
  await clock.advance(second)
  one.ask({ inHand: old })
  await settle()
  const waiting = other.ask({ inHand: old, maxWait: 8 * second })
  await clock.advance(7 * second)
  expect([waiting.value, other.source.calls.length]).toEqual(['pending', 0])
  await clock.advance(2 * second)
  expect(waiting.value).toMatchObject({ code: 'ERR_TIMEOUT', transient: true })
  expect(other.source.calls).toHaveLength(0)
})

test('S18 cold: whoever waits for a slow holder asks by itself after two seconds', async () => {
  const { instance, settle, clock } = fleet()
  const [one, other] = [instance(), instance()]
  one.ask()
  await settle()
  const waiting = other.ask()
  await clock.advance(1.9 * second)
  expect(other.source.calls).toHaveLength(0)
  await clock.advance(0.5 * second)
  expect(other.source.calls).toHaveLength(1)
  await other.source.last.give(hour, 'own')
  await settle()
  expect(waiting.value).toBe('own')
})

test.each([3 * second, second, 400])(
  'cold: whoever has %i ms in all asks by itself when half of them are over',
  async (maxWait) => {
    const { instance, settle, clock } = fleet()
    const [slow, other] = [instance(), instance()]
    slow.ask()
    await settle()
    const waiting = other.ask({ maxWait })
    await clock.advance(0.45 * maxWait)
    expect(other.source.calls).toHaveLength(0)
    await clock.advance(0.06 * maxWait)
    expect(other.source.calls).toHaveLength(1)
    await other.source.last.give(hour, 'own')
    await settle()
    expect(waiting.value).toBe('own')
  }
)

test('S15 a holder that dies is followed by one other within two seconds', async () => {
  const { instance, settle, clock, store } = fleet()
  await store.lease(await nameOf(), { holder: 'dead', life: second })
  const all = [instance(), instance(), instance()]
  for (const { ask } of all) ask()
  await settle()
  expect(all.map(({ source }) => source.calls.length)).toEqual([0, 0, 0])
  await clock.advance(1.3 * second)
  expect(all.map(({ source }) => source.calls.length)).toEqual([1, 0, 0])
  await clock.advance(second) // it is alive: its lease is renewed
  expect(all[0]?.source.calls).toHaveLength(1)

  async function nameOf(): Promise<string> {
    const probe = instance()
    probe.ask()
    await settle()
    const name = (JSON.parse(store.dump())[0] as [string])[0]
    await probe.source.last.fail(new TokenClientError('ERR_INVALID_CLIENT', 'x', { transient: false }))
    await settle()
    return name
  }
})

test('S20 a refused token is replaced once for all, and its record stays until a newer one is there', async () => {
  const { instance, settle, clock, published } = fleet()
  const [one, other, third] = [instance(), instance(), instance()]
  const refused = await published(one, hour, 'refused')
  await clock.advance(second)
  const replaced = [one.ask({ rejected: refused }), other.ask({ rejected: refused })]
  await settle()
  const cold = third.ask() // one misconfigured service costs the others nothing
  await settle()
  expect(cold.value).toBe('refused')
  await one.source.last.give(hour, 'newer')
  await clock.advance(second)
  expect(replaced.map(({ value }) => value)).toEqual(['newer', 'newer'])
  expect(other.source.calls).toHaveLength(0)
})

test('withdraw takes the token from everybody, and no other one', async () => {
  const { instance, settle, store, published } = fleet()
  const [one, other] = [instance(), instance()]
  const token = await published(one, hour, 'leaked')
  await settle()
  one.stored.withdraw?.(read, { ...token, authorization: 'Bearer another' } as AccessToken)
  await settle()
  expect(store.calls).not.toContain('remove')
  one.stored.withdraw?.(read, token)
  await settle()
  other.ask()
  await settle()
  expect(other.source.calls).toHaveLength(1)
})

test('an outage sees the attempts of one, another one tries for itself once, and all others hear the reason at once', async () => {
  const { instance, settle, clock } = fleet()
  const [holder, other, cold] = [instance(), instance(), instance()]
  holder.ask()
  other.ask()
  await settle()
  await holder.source.last.fail(down())
  holder.stored.rests?.(read, 20 * second)
  await clock.advance(19 * second)
  expect(other.source.calls).toHaveLength(1)
  await other.source.last.fail(down())
  const told = cold.ask()
  await settle()
  expect(told.value).toMatchObject({
    code: 'ERR_SERVER_ERROR',
    transient: true,
    message: expect.stringContaining('in 2 s')
  })
  await clock.advance(second)
  holder.ask() // its own next attempt comes before the lease ends
  await settle()
  expect([holder, other, cold].map(({ source }) => source.calls.length)).toEqual([2, 1, 0])
})

test('a holder with a token in hand leaves those without one no longer wait than 20 seconds, where none lies in the store', async () => {
  const { instance, settle, clock, published } = fleet()
  const [holder, warm, cold] = [instance(), instance(), instance()]
  const token = await published(holder, hour, 'kept')
  holder.stored.withdraw?.(read, token) // as after the loss of all records
  await clock.advance(second)
  holder.ask({ inHand: token })
  await settle()
  await holder.source.last.fail(down())
  holder.stored.rests?.(read, 240 * second)
  instance().ask() // the one that tries for itself
  await clock.advance(15 * second)
  cold.ask()
  warm.ask({ inHand: token })
  await settle()
  expect([warm, cold].map(({ source }) => source.calls.length)).toEqual([0, 0])
  await clock.advance(7 * second)
  cold.ask()
  await settle()
  expect(cold.source.calls).toHaveLength(1)
})

test('the word of a failure that a slow store takes is not wiped out by a renewal of the lease', async () => {
  const { instance, store, settle, clock, published } = fleet()
  const [holder, warm] = [instance(), instance()]
  const token = await published(holder, hour, 'kept')
  await clock.advance(second)
  holder.ask({ inHand: token })
  await clock.advance(250) // the lease is renewed 50 ms later
  store.meddle(() => new Promise<void>((resolve) => void clock.startTimer(resolve, 100)))
  await holder.source.last.fail(down())
  await clock.advance(second)
  store.meddle(undefined)
  const told = warm.ask({ inHand: token })
  await settle()
  expect(told.value).toMatchObject({ code: 'ERR_SERVER_ERROR' })
})

test('one instance that is ill leaves nobody without a token, however often it fails first', async () => {
  const { instance, settle, clock } = fleet()
  const [ill, well, later] = [instance(), instance(), instance()]
  for (let turn = 0; turn < 3; turn += 1) {
    ill.ask()
    await settle()
    await ill.source.last.fail(new TokenClientError('ERR_NETWORK', 'no route', { transient: true }))
    ill.stored.rests?.(read, 2 * second)
    await clock.advance(2 * second)
  }
  const served = well.ask()
  await settle()
  await well.source.last.give(hour, 'well')
  const found = later.ask()
  await settle()
  expect([served.value, found.value, later.source.calls.length]).toEqual(['well', 'well', 0])
})

test('whoever has a token in hand believes what another one has failed at', async () => {
  const { instance, settle, clock, published } = fleet()
  const [holder, warm] = [instance(), instance()]
  const token = await published(holder, hour, 'kept')
  await clock.advance(second)
  holder.ask({ inHand: token })
  await settle()
  await holder.source.last.fail(down())
  const told = warm.ask({ inHand: token })
  await settle()
  expect([told.value, warm.source.calls.length]).toEqual([expect.objectContaining({ code: 'ERR_SERVER_ERROR' }), 0])
})

test.for([
  'ERR_CLIENT_CLOSED',
  'ERR_SECRET_UNAVAILABLE',
  'ERR_RESOURCE_EXHAUSTED',
  'ERR_CLOCK_INVALID',
  'ERR_PROXY_REFUSED'
] as const)('what is wrong with one instance alone (%s) holds nobody up', async (code) => {
  const { instance, settle } = fleet()
  const [ill, well] = [instance(), instance()]
  ill.ask()
  await settle()
  await ill.source.last.fail(new TokenClientError(code, 'x', { transient: true }))
  for (const one of [well, instance(), instance()]) {
    one.ask()
    await settle()
  }
  expect(well.source.calls).toHaveLength(1)
})

test('a success after a failure takes the word away', async () => {
  const { instance, settle, published } = fleet()
  const [holder, other] = [instance(), instance()]
  holder.ask()
  await settle()
  await holder.source.last.fail(down())
  await published(holder, hour, 'well')
  await settle()
  holder.stored.rests?.(read, 60 * second)
  await settle()
  const free = other.ask({ rejected: (await holder.stored.token(read)) as AccessToken })
  await settle()
  expect([free.value, other.source.calls.length]).toEqual(['pending', 1])
})

test('a refused credential holds nobody up: the next instance tries its own', async () => {
  const { instance, settle } = fleet()
  const [stale, fresh] = [instance(), instance()]
  stale.ask()
  await settle()
  await stale.source.last.fail(new TokenClientError('ERR_INVALID_CLIENT', 'x', { transient: false }))
  fresh.ask()
  await settle()
  expect(fresh.source.calls).toHaveLength(1)
})

const broken: Record<string, () => Promise<unknown>> = {
  'is down': () => Promise.reject(new Error('ECONNREFUSED')),
  'never answers': () => new Promise(() => {}),
  'throws what is no error': () => Promise.reject('READONLY')
}

test.for(Object.entries(broken))('S1 S2 a store that %s is a miss, with one warning', async ([, meddle]) => {
  const { instance, store, pass, warnings } = fleet()
  const { ask, source } = instance()
  store.meddle(meddle)
  const first = ask()
  await pass(350)
  await source.last.give(hour, 'own')
  await pass(3 * second)
  ask()
  await pass(second)
  expect([first.value, source.calls.length, warnings]).toEqual(['own', 2, ['store_unavailable']])
  await source.last.give(hour, 'own again')
  await pass(3 * second)

  store.meddle(undefined) // it comes back by itself
  ask()
  await pass(second)
  await source.last.give(hour, 'kept')
  const other = instance().ask()
  await pass(second)
  expect(other.value).toBe('kept')
  store.meddle(meddle)
  ask()
  await pass(second)
  expect(warnings).toEqual(['store_unavailable', 'store_unavailable'])
})

test('S24 a record that the store has evicted is a miss', async () => {
  const { instance, store, settle, published } = fleet()
  const [one, other] = [instance(), instance()]
  await published(one, hour, 'evicted')
  const [[name, { value: record }]] = JSON.parse(store.dump())
  await store.remove(name, record)
  other.ask()
  await settle()
  expect(other.source.calls).toHaveLength(1)
})

test('S4 an answer of the store that comes too late is dropped', async () => {
  const { instance, store, settle, pass, published } = fleet()
  const [one, other] = [instance(), instance()]
  await published(one, hour, 'from the store')
  const answers: (() => void)[] = []
  store.meddle(() => new Promise<void>((resolve) => void answers.push(resolve)))
  const asked = other.ask()
  await pass(350)
  for (const answer of answers) answer()
  await settle()
  expect(asked.value).toBe('pending')
  await other.source.last.give(hour, 'own')
  await settle()
  expect(asked.value).toBe('own')
})

test('a store that breaks between the look and the lease holds nobody up', async () => {
  const { instance, store, clock } = fleet()
  const { ask, source } = instance()
  store.meddle(() => (store.calls.at(-1) === 'lease' ? Promise.reject(new Error('OOM')) : undefined))
  ask()
  await clock.advance(second)
  expect(source.calls).toHaveLength(1)
})

test('a store that can be read and takes no change is told of once, whatever is read meanwhile', async () => {
  const { instance, store, clock, warnings } = fleet()
  const { ask, source } = instance()
  const changes = ['write', 'lease', 'release']
  store.meddle(() => (changes.includes(store.calls.at(-1) ?? '') ? Promise.reject(new Error('READONLY')) : undefined))
  for (let turn = 0; turn < 5; turn += 1) {
    ask()
    await clock.advance(second)
    await source.last.give(hour)
    await clock.advance(second)
  }
  expect([source.calls.length, warnings]).toEqual([5, ['store_unavailable']])
})

const strange: readonly [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a boolean', true],
  ['no state', {}],
  ['another state', { state: 'busy' }],
  ['a word that is no text', { state: 'held', word: Buffer.from('down') }]
]

test.for(strange)('a store that answers a lease with %s is a miss, with one warning', async ([, lease]) => {
  const { instance, store, settle, warnings } = fleet()
  const { ask, source } = instance()
  Object.assign(store, { lease: async () => lease })
  const outcome = ask()
  await settle()
  await source.last.give(hour, 'own')
  await settle()
  expect([outcome.value, warnings]).toEqual(['own', ['store_unavailable']])
})

test('a store whose verbs throw before they return a promise is a miss', async () => {
  const { instance, store, settle, warnings } = fleet()
  const { ask, source } = instance()
  const verbs = ['read', 'write', 'remove', 'lease', 'release']
  const thrower = () => {
    throw new Error('The client is closed')
  }
  Object.assign(store, Object.fromEntries(verbs.map((verb) => [verb, thrower])))
  const outcome = ask()
  await settle()
  await source.last.give(hour, 'own')
  await settle()
  expect([outcome.value, warnings]).toEqual(['own', ['store_unavailable']])
})

test('S6 garbage under the name is a miss, and is written over', async () => {
  const { instance, store, settle } = fleet()
  const { ask, source } = instance()
  const reads: TokenStore['read'] = async () => ({ version: 7, data: '1.x.garbage' })
  const good = store.read
  Object.assign(store, { read: reads })
  ask()
  await settle()
  await source.last.give(hour, 'good')
  await settle()
  Object.assign(store, { read: good })
  const other = instance().ask()
  await settle()
  expect(other.value).toBe('good')
})

test('S16 a record of a lower version than was seen is not written over it', async () => {
  const { instance, store, settle, clock } = fleet()
  const [slow, quick] = [instance(), instance()]
  slow.ask()
  await settle()
  quick.ask()
  await clock.advance(2.5 * second) // the holder is slow: it asks by itself
  await quick.source.last.give(hour, 'quick')
  await settle()
  await slow.source.last.give(hour, 'slow')
  await settle()
  const later = instance().ask()
  await settle()
  expect(later.value).toBe('quick')
  expect(store.calls.filter((verb) => verb === 'write')).toHaveLength(2)
})

test('S10 a rotated key reads what the former one sealed, and writes under its own name', async () => {
  const [former, current] = [anyKey(), anyKey()]
  const { instance, settle, clock, published } = fleet([former])
  const old = instance()
  const token = await published(old, hour, 'sealed by the former')
  await clock.advance(second)
  const rotated = instance({ keys: [current, former] })
  const found = rotated.ask()
  await settle()
  expect([found.value, rotated.source.calls.length]).toEqual(['sealed by the former', 0])
  rotated.ask({ inHand: token })
  await settle()
  await rotated.source.last.give(hour, 'sealed by the current')
  await settle()
  const newest = instance({ keys: [current] }).ask()
  await settle()
  expect(newest.value).toBe('sealed by the current')
})

test('after the epoch has risen no instance takes a token of before, and each replaces its own within a minute', async () => {
  const secret = anySecret()
  const { instance, settle, clock, store, dropped, published } = fleet([sealingKeyOf(secret)])
  const [one, other, later] = [instance(), instance(), instance()]
  await published(one, hour, 'before')
  other.ask()
  await settle()
  expect(await raise(store, [secret], { shards: 1, spread: 5000 })).toBe(1)
  later.ask()
  await settle()
  expect([later.source.calls.length, dropped]).toEqual([1, []])
  await later.source.last.give(hour, 'after')
  await clock.advance(60 * second)
  expect(dropped).toEqual([5000, 5000]) // who starts afterwards has nothing to drop
  expect(await raise(store, [secret], { shards: 1, spread: 7000 })).toBe(2)
  await clock.advance(60 * second)
  expect(dropped).toEqual([5000, 5000, 7000, 7000, 7000])
})

test('an epoch that the store has lost is learned from the tokens of the others, and never falls', async () => {
  const secret = anySecret()
  const { instance, settle, store, dropped, published } = fleet([sealingKeyOf(secret)])
  const [one, other] = [instance(), instance()]
  await published(one, hour, 'before')
  await raise(store, [secret], { shards: 1, spread: 5000 })
  await published(other, hour, 'after')
  await settle()
  const told = one.ask()
  await settle()
  expect([told.value, dropped]).toEqual(['after', [60 * second]])
})

test('a reader waits for the record and asks nobody', async () => {
  const { instance, clock, published } = fleet()
  const [publisher, reader] = [instance(), instance({ reader: true })]
  const waiting = reader.ask()
  const hasty = reader.ask({ maxWait: second })
  await clock.advance(3 * second)
  expect([waiting.value, hasty.value]).toEqual(['pending', expect.objectContaining({ code: 'ERR_TIMEOUT' })])
  await published(publisher, hour, 'published')
  await clock.advance(second)
  expect([waiting.value, reader.source.calls.length]).toEqual(['published', 0])
})

test('a caller that leaves stops the waiting', async () => {
  const { instance, settle, clock, store } = fleet()
  const [one, other] = [instance(), instance()]
  const leaving = new AbortController()
  one.ask()
  await settle()
  const left = other.ask({ signal: leaving.signal })
  await settle()
  leaving.abort(new Error('left'))
  await settle()
  expect(left.value).toMatchObject({ message: 'left' })
  const before = store.calls.filter((verb) => verb === 'read').length
  await clock.advance(second)
  expect(store.calls.filter((verb) => verb === 'read').length).toBe(before)
})

test('nothing of a token or of what it is for can be read from the store', async () => {
  const { instance, settle, store } = fleet()
  const { ask, source } = instance()
  ask()
  await settle()
  await source.last.give(hour, 'marker-token')
  await settle()
  expect(store.dump()).not.toMatch(/marker-token|read/)
})
