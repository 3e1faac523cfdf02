import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { jwks, type KeySource, rfc9068 } from '../../src/resource-server/index.ts'
import { verifiedToken } from '../../src/resource-server/verified-token.ts'
import { VerifiedTokens } from '../../src/resource-server/verified-tokens.ts'
import { manualClock } from '../../src/testing/index.ts'
import { audience, issuer, testIssuer } from './issuer.ts'

const by = await testIssuer()

/** Keys that count how often they are asked for: once for each signature that is checked. */
function countingKeys(): { readonly keys: KeySource; readonly counted: { signatures: number } } {
  const counted = { signatures: 0 }
  const real = jwks(by.keys)
  const keys: KeySource = {
    algorithms: real.algorithms,
    open(context) {
      const opened = real.open(context)
      return {
        ...opened,
        candidates(header) {
          counted.signatures++
          return opened.candidates(header)
        }
      }
    }
  }
  return { keys, counted }
}

test('R1 a token that comes a thousand times costs one signature check, also when all come at once', async () => {
  const { keys, counted } = countingKeys()
  const verifier = by.verifier({ keys })
  const token = `Bearer ${await by.token()}`
  await Promise.all(Array.from({ length: 500 }, () => verifier.verify(token)))
  for (let calls = 0; calls < 500; calls++) await verifier.verify(token)
  expect(counted.signatures).toBe(1)
})

test('R1 R12 a verified token still expires', async () => {
  const own = await testIssuer()
  const verifier = own.verifier()
  const token = `Bearer ${await own.token()}`
  await verifier.verify(token)
  await own.clock.advance(3_604_999)
  await verifier.verify(token)
  await own.clock.advance(1)
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'expired' })
})

test('R1 a refused token is looked at each time: nothing is learned from a forged one', async () => {
  const { keys, counted } = countingKeys()
  const verifier = by.verifier({ keys })
  const forged = `Bearer ${await (await testIssuer()).token()}`
  for (let calls = 0; calls < 3; calls++)
    await expect(verifier.verify(forged)).rejects.toMatchObject({ reason: 'bad_signature' })
  expect(counted.signatures).toBe(3)
})

test('R1 one letter more or less is another token', async () => {
  const verifier = by.verifier()
  const token = await by.token()
  await verifier.verify(`Bearer ${token}`)
  for (const other of [`${token}A`, token.slice(0, -1), `${token}.`])
    await expect(verifier.verify(`Bearer ${other}`)).rejects.toMatchObject({ status: 401 })
})

test('R1 nobody changes what the next caller gets', async () => {
  const verifier = by.verifier()
  const token = `Bearer ${await by.token()}`
  const { scope, roles, audience, claims } = await verifier.verify(token)
  for (const frozen of [scope, roles, audience, claims, claims.roles]) expect(Object.isFrozen(frozen)).toBe(true)
})

test('R1 ten thousand tokens are kept and no more; the least used goes first', async () => {
  const tokens = new VerifiedTokens({ clock: manualClock() })
  const verified = await by.verifier().verify(`Bearer ${await by.token()}`)
  const checked: string[] = []
  const use = (token: string) =>
    tokens.get(token, () => {
      checked.push(token)
      return { token: verified, bytes: 1000 }
    })
  for (let token = 0; token < 10_000; token++) await use(String(token))
  await use('0')
  await use('10000')
  checked.length = 0
  await use('0')
  await use('1')
  expect(checked).toEqual(['1'])
})

test('R42 no part of a token is kept, shown or thrown', async () => {
  const [header, payload, signature] = (await by.token()).split('.')
  const verifier = by.verifier()
  const verified = await verifier.verify(`Bearer ${header}.${payload}.${signature}`)
  const refusal = await verifier.verify(`Bearer ${header}.${payload}.AAAA`).catch((error: Error) => error)
  const shown = [verifier, verified, refusal].map((value) => inspect(value, { depth: 20, showHidden: true })).join()
  for (const part of [payload, signature]) expect(shown).not.toContain(part)
  expect(String((refusal as Error).stack)).not.toContain('AAAA')
})

/** Runs the garbage collector. */
async function collected(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let times = 0; times < 3; times++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
}

test('R1 R42 expired tokens are forgotten within a minute, even if no request comes', async () => {
  const own = await testIssuer()
  const verifier = own.verifier()
  const kept = async () => new WeakRef((await verifier.verify(`Bearer ${await own.token()}`)).claims)
  const claims = await kept()
  await collected()
  expect(claims.deref()).toBeDefined()
  await own.clock.advance(3_600_000 + 60_000)
  await collected()
  expect(claims.deref()).toBeUndefined()
})

test('R1 R42 a verifier that is closed keeps nothing', async () => {
  const own = await testIssuer()
  const verifier = own.verifier()
  const kept = async () => new WeakRef((await verifier.verify(`Bearer ${await own.token()}`)).claims)
  const claims = await kept()
  await verifier.close()
  await collected()
  expect(claims.deref()).toBeUndefined()
})

test('R1 tokens are kept by what they take in memory too: many members weigh more than a long text', async () => {
  const clock = manualClock()
  const tokens = new VerifiedTokens({ clock })
  const verified = await by.verifier().verify(`Bearer ${await by.token()}`)
  let checked = 0
  const use = (token: string, bytes: number) =>
    tokens.get(token, () => {
      checked++
      return { token: verified, bytes }
    })
  const half = 16 * 1024 * 1024
  for (const token of ['a', 'b']) await use(token, half)
  for (const token of ['a', 'b']) await use(token, half)
  expect(checked).toBe(2)
  await use('c', 1000)
  await use('b', half)
  await use('a', half)
  expect(checked).toBe(4)
})

test('R1 a text that becomes many members is known to weigh a multiple of its length', async () => {
  const heavy = { nested: Array.from({ length: 1000 }, () => [{}]) }
  const light = { padding: 'x'.repeat(JSON.stringify(heavy).length) }
  const expected = {
    issuers: [issuer],
    audience: [audience],
    missingAudienceAccepted: false,
    clockTolerance: 0,
    maxAge: 0,
    profile: rfc9068()
  }
  const weight = (claims: object) => verifiedToken({ ...by.claims, ...claims }, expected).bytes
  expect(weight(heavy)).toBeGreaterThan(20 * weight(light))
})
