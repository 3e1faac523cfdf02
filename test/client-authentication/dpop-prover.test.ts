import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { currentProver } from '../../src/client-authentication/current-prover.ts'
import { ownKey, proofAlgorithms } from '../../src/client-authentication/dpop-key.ts'
import { serverClock } from '../../src/http/server-clock.ts'
import { manualClock } from '../../src/testing/index.ts'
import type { ProvenCall, Prover } from '../../src/token/prover.ts'
import { startDeadline } from '../../src/waiting/deadline.ts'
import { Ending } from '../../src/waiting/ending.ts'

const users = 'https://users.internal'
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

async function prover(clock = manualClock()): Promise<Prover> {
  const current = currentProver({
    source: ownKey(privateKey, undefined, proofAlgorithms),
    clock,
    timeout: 1000,
    closing: new Ending()
  })
  const deadline = startDeadline({ clock, timeout: 1000, timedOut: () => new Error(), signals: [] })
  return current(() => {}, deadline, serverClock(clock)).finally(() => deadline.stop())
}

async function nonceOf(call: ProvenCall): Promise<unknown> {
  return decodeJwt(await call.proof({ method: 'GET', url: `${users}/` })).nonce
}

const told = (nonce: string) => ({ 'dpop-nonce': nonce })

test('C78 a nonce from any answer is used in later proofs, and the last one wins', async () => {
  const { begin } = await prover()
  const call = begin(users, 'resource-server')
  expect(await nonceOf(call)).toBeUndefined()
  call.learn(told('a'), undefined, false)
  expect(await nonceOf(begin(users, 'resource-server'))).toBe('a')
  begin(users, 'resource-server').learn(told('b'), undefined, false)
  expect(await nonceOf(begin(users, 'resource-server'))).toBe('b')
})

test('C78 an origin’s nonces as a token endpoint and as a service are kept apart, and so are those of origins', async () => {
  const { begin } = await prover()
  begin(users, 'token-endpoint').learn(told('a'), undefined, false)
  begin('https://orders.internal', 'resource-server').learn(told('b'), undefined, false)
  expect(await nonceOf(begin(users, 'resource-server'))).toBeUndefined()
  expect(await nonceOf(begin(users, 'token-endpoint'))).toBe('a')
})

test('T48 a nonce that a challenge brought belongs to its own call until that has used it', async () => {
  const { begin } = await prover()
  const call = begin(users, 'resource-server')
  await nonceOf(call)
  expect(call.learn(told('mine'), 'nonce', true)).toBe(true)
  expect(await nonceOf(begin(users, 'resource-server'))).toBeUndefined()
  expect(await nonceOf(call)).toBe('mine')
  call.learn({}, undefined, true)
  expect(await nonceOf(begin(users, 'resource-server'))).toBe('mine')
})

test('T48 a nonce that came with a refused token goes with the token in its place', async () => {
  const { begin } = await prover()
  const call = begin(users, 'resource-server')
  await nonceOf(call)
  call.learn(told('next'), undefined, true)
  begin(users, 'resource-server').learn(told('of-another-call'), undefined, true)
  expect(await nonceOf(call)).toBe('next')
})

test('T49 a nonce that is refused without another one is forgotten', async () => {
  const { begin } = await prover()
  begin(users, 'resource-server').learn(told('old'), undefined, false)
  const call = begin(users, 'resource-server')
  expect(await nonceOf(call)).toBe('old')
  expect(call.learn({}, 'nonce', true)).toBe(false)
  expect(await nonceOf(begin(users, 'resource-server'))).toBeUndefined()
})

test.each([
  ['a quote', 'a"b'],
  ['a space', 'a b'],
  ['a comma and a space, as a repeated field has', 'a, b'],
  ['more than 4,096 characters', 'n'.repeat(4097)],
  ['nothing', '']
])('T49 a nonce with %s is ignored', async (_what, nonce) => {
  const { begin } = await prover()
  const call = begin(users, 'resource-server')
  expect(call.learn(told(nonce), 'nonce', true)).toBe(false)
  expect(await nonceOf(begin(users, 'resource-server'))).toBeUndefined()
})

test('T48 a proof that is refused is made again with a new nonce that comes with the refusal, once in a call', async () => {
  const { begin } = await prover()
  const call = begin(users, 'resource-server')
  await nonceOf(call)
  expect(call.learn(told('new'), 'proof', true)).toBe(true)
  expect(await nonceOf(call)).toBe('new')
  expect(call.learn(told('newer'), 'proof', true)).toBe(false)
  const another = begin(users, 'resource-server')
  expect(await nonceOf(another)).toBe('newer')
  expect(another.learn(told('newer'), 'proof', true)).toBe(false)
})

test('T48 a nonce of 4,096 characters is sent', async () => {
  const { begin } = await prover()
  const call = begin(users, 'resource-server')
  expect(call.learn(told('n'.repeat(4096)), 'nonce', true)).toBe(true)
  expect(await nonceOf(call)).toHaveLength(4096)
})

test('nonces of a thousand servers are kept, and then the oldest is forgotten', async () => {
  const { begin } = await prover()
  const origin = (index: number) => `https://service-${index}.internal`
  for (let index = 0; index <= 1000; index += 1)
    begin(origin(index), 'resource-server').learn(told('a'), undefined, false)
  expect(await nonceOf(begin(origin(0), 'resource-server'))).toBeUndefined()
  expect(await nonceOf(begin(origin(1), 'resource-server'))).toBe('a')
})

test('T50 a proof that is refused is made again by the time of the answer, once in a call', async () => {
  const clock = manualClock()
  const { begin } = await prover(clock)
  const call = begin(users, 'resource-server')
  const dated = async () => Number(decodeJwt(await call.proof({ method: 'GET', url: users })).iat) * 1000
  const at = (ms: number) => ({ date: new Date(clock.wallTime() + ms).toUTCString() })
  await dated()
  expect(call.learn(at(10_000), 'proof', true)).toBe(false)
  expect(call.learn(at(100_000), 'proof', false)).toBe(false)
  expect(call.learn(at(300_000), 'proof', true)).toBe(true)
  expect(Math.abs((await dated()) - clock.wallTime() - 300_000)).toBeLessThan(1001)
  expect(call.learn(at(600_000), 'proof', true)).toBe(false)
})
