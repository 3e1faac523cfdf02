import { expect, test } from 'vitest'
import { waysToBreak } from '../../src/authorization-server/faults/ways-to-break.ts'
import { adminServer } from './admin.ts'
import { post, serverForTest } from './server.ts'

async function statuses(url: string, count: number): Promise<number[]> {
  const seen: number[] = []
  for (let sent = 0; sent < count; sent++) seen.push((await post(url)).status)
  return seen
}

test('A11 a fault with a probability acts on this share of the requests, and the same seed chooses the same requests again', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  const drawn: number[][] = []
  for (const seed of [7, 7, 8]) {
    faults.answer({ status: 503 }, { probability: 0.3, seed })
    drawn.push(await statuses(tokenEndpoint, 60))
    expect(faults.active).toMatchObject([{ fault: 'answer', probability: 0.3, seed }])
    faults.clear()
  }
  const [first = [], second, third] = drawn
  expect(second).toEqual(first)
  expect(third).not.toEqual(first)
  const failed = first.filter((status) => status === 503).length
  expect(failed).toBeGreaterThan(8)
  expect(failed).toBeLessThan(30)
  expect(first.filter((status) => status === 200)).toHaveLength(60 - failed)
})

test('A11 a random seed is shown, so that the run can be repeated', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.answer({ status: 503 }, { probability: 0.5 })
  const first = await statuses(tokenEndpoint, 20)
  const { seed = 0 } = faults.active[0] ?? {}
  faults.clear()
  faults.answer({ status: 503 }, { probability: 0.5, seed })
  expect(await statuses(tokenEndpoint, 20)).toEqual(first)
})

test('A11 a fault for a number of requests counts them, whether it acts on them or not, and a lasting one fills the gaps', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.answer({ status: 599 })
  faults.answer({ status: 503 }, { requests: 20, probability: 0.5, seed: 1 })
  const seen = await statuses(tokenEndpoint, 22)
  expect(new Set(seen.slice(0, 20))).toEqual(new Set([503, 599]))
  expect(seen.slice(20)).toEqual([599, 599])
  const acted = seen.filter((status) => status === 503).length
  expect(faults.active).toMatchObject([{ fault: 'answer', acted: 22 - acted }])
})

test('A11 lasting faults with a probability act together, the newest first', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.answer({ status: 500 }, { probability: 0.5, seed: 1 })
  faults.answer({ status: 503 }, { probability: 0.5, seed: 2 })
  expect(new Set(await statuses(tokenEndpoint, 40))).toEqual(new Set([200, 500, 503]))
  expect(faults.active).toHaveLength(2)
  faults.answer({ status: 418 })
  expect(faults.active).toHaveLength(1)
})

test('A11 what is switched on can be seen, and switched off one by one', async () => {
  const { faults, tokenEndpoint } = await serverForTest()
  faults.clockOffset(5000)
  faults.raw(Uint8Array.of(0x48, 0x54), { at: 'jwks', requests: 3 })
  faults.redirect('https://elsewhere.internal/')
  expect(faults.active).toEqual([
    { id: 1, fault: 'clockOffset', values: { ms: 5000 }, since: expect.any(Number), acted: 0 },
    { id: 2, fault: 'raw', values: { wire: 'HT' }, since: expect.any(Number), at: 'jwks', requests: 3, acted: 0 },
    {
      id: 3,
      fault: 'redirect',
      values: { location: 'https://elsewhere.internal/' },
      since: expect.any(Number),
      at: 'token',
      acted: 0
    }
  ])
  faults.clear(3)
  expect((await post(tokenEndpoint)).status).toBe(200)
  faults.clear(1)
  expect(faults.active.map(({ id }) => id)).toEqual([2])
  faults.clear(99)
  faults.clear()
  expect(faults.active).toEqual([])
})

test.each([
  [{ probability: 0 }, /probability/],
  [{ probability: Number.NaN }, /probability/],
  [{ requests: 1.5 }, /requests/],
  [{ seed: 0.5 }, /seed/],
  [{ at: 'elsewhere' }, /at must be one of/]
])('A11 a reach like %j is refused, and nothing is switched on', async (reach, message) => {
  const { faults } = await serverForTest()
  expect(() => faults.hang(reach as object)).toThrow(message)
  expect(faults.active).toEqual([])
})

test.each([
  ['answer', { status: 99 }, /status of answer must be a whole number from 200 to 599/],
  ['redirect', { location: '/', status: 101 }, /status of redirect/],
  ['answer', { headers: { 'x y': '1' } }, /headers of answer must be names and texts that are valid in an HTTP header/],
  ['alter', { headers: { x: 'a\r\nb: c' } }, /headers of alter/],
  ['alter', { headers: { x: 5 } }, /headers of alter/],
  ['redirect', { location: 'a\nb' }, /location of redirect must be a text that is valid in an HTTP header/],
  ['rateLimit', { retryAfter: 'soon\n' }, /retryAfter of rateLimit/],
  ['rateLimit', { retryAfter: -1 }, /retryAfter of rateLimit/],
  ['slow', { ms: 1e15 }, /ms of slow must be milliseconds from 0 to 2147483647/],
  ['drip', { ms: -1 }, /ms of drip/],
  ['lifetime', { ms: -1 }, /ms of lifetime/],
  ['resetAtByte', { count: -3 }, /count of resetAtByte/]
])(
  'A11 the fault %s with %j is refused with what it can be, and nothing is switched on',
  async (fault, values, message) => {
    const { admin, faults } = await adminServer()
    const { status, body } = await admin('POST /faults', { fault, ...values })
    expect([status, body]).toMatchObject([400, { error_description: expect.stringMatching(message) }])
    expect(faults.active).toEqual([])
  }
)

test('A11 a body that is no JSON stays as it is when its members are to be changed', async () => {
  const { faults, revocationEndpoint } = await serverForTest()
  faults.alter({ members: { x: 1 }, status: 299 }, { at: 'revocation' })
  const response = await post(revocationEndpoint, { token: 'unknown' })
  expect([response.status, await response.text()]).toEqual([299, ''])
})

test('A11 a thousand faults for one request each leave nothing behind', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  for (let set = 0; set < 100; set++) faults.answer({ status: 503 }, { requests: 1 })
  await statuses(tokenEndpoint, 100)
  faults.answer({ status: 418 }, { requests: 1 })
  expect(faults.active).toMatchObject([{ id: 101 }])
})

test('A11 there are at least twenty-five ways to break, and each of them can be switched on', async () => {
  const { admin } = await adminServer()
  expect(waysToBreak.length).toBeGreaterThanOrEqual(25)
  expect(new Set(waysToBreak.map(({ title }) => title)).size).toBe(waysToBreak.length)
  for (const { fault, values, reach, expect: wanted } of waysToBreak) {
    const { status, body } = await admin('POST /faults', { fault, ...values, ...reach })
    expect([status, body.fault, body.values]).toEqual([200, fault, values])
    expect(wanted).toMatch(/\.$/)
    await admin('DELETE /faults')
  }
})
