import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { jwks, type KeySource } from '../../src/resource-server/index.ts'
import { verifiedTokens } from '../../src/resource-server/verified-tokens.ts'
import { testIssuer } from './issuer.ts'

const by = await testIssuer()

/** Keys that count how often they are asked for: once for each signature that is checked. */
function countingKeys(): { readonly keys: KeySource; readonly counted: { signatures: number } } {
  const counted = { signatures: 0 }
  const real = jwks(by.keys)
  const keys: KeySource = {
    algorithms: real.algorithms,
    open(context) {
      const { generation, find } = real.open(context)
      return {
        generation,
        find(header) {
          counted.signatures++
          return find(header)
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

test('R1 R12 a token that was verified ends all the same', async () => {
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
  const tokens = verifiedTokens()
  const verified = await by.verifier().verify(`Bearer ${await by.token()}`)
  const checked: string[] = []
  const use = (token: string) =>
    tokens.get(token, 0, 0, async () => {
      checked.push(token)
      return verified
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
