import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { isHeard, TokenClientError } from '../../src/errors.ts'
import { failureFrom, failureWord } from '../../src/stores/failure-word.ts'
import { openedToken, sealedToken } from '../../src/stores/sealed-token.ts'
import { type SealingKey, sealingKeyOf } from '../../src/stores/sealing-key.ts'
import { AccessToken } from '../../src/token/access-token.ts'
import { Secret } from '../../src/token/secret.ts'

const anyKey = (material = randomBytes(32)) => sealingKeyOf(new Secret(material.toString('base64')))
const key = anyKey()
const other = anyKey()
const name = key.nameOf('orders at auth')
const fields = { value: 'marker-token-value', scope: ['read_user'], obtainedAt: 1000, expiresAt: 50_000 }
const token = new AccessToken({ ...fields, serial: 3 })
const sealed = sealedToken(key, name, { version: 4, token, epoch: 2 })
const now = 2000

test('a sealed token opens with its key, under its name', () => {
  const opened = openedToken(key, name, sealed, now)
  expect(opened?.token).toMatchObject({ scope: ['read_user'], obtainedAt: 1000, expiresAt: 50_000 })
  expect([opened?.token.value, opened?.epoch]).toEqual(['marker-token-value', 2])
})

test('S7 a record with any one bit turned over is a miss', () => {
  const bytes = Buffer.from(sealed.data)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const turned = Buffer.from(bytes)
    turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    const record = { version: 4, data: turned.toString('latin1') }
    expect(openedToken(key, name, record, now), `bit ${bit}`).toBe(undefined)
  }
})

test('a record that is cut anywhere, or longer, is a miss', () => {
  for (let length = 0; length < sealed.data.length; length++) {
    expect(openedToken(key, name, { version: 4, data: sealed.data.slice(0, length) }, now)).toBe(undefined)
  }
  for (const more of ['A', '=', '.', '.A', '\n', ' ']) {
    expect(openedToken(key, name, { version: 4, data: sealed.data + more }, now)).toBe(undefined)
  }
})

test('a record that was moved to another name or version, or sealed by another key, is a miss', () => {
  expect(openedToken(key, key.nameOf('billing at auth'), sealed, now)).toBe(undefined)
  expect(openedToken(key, name, { ...sealed, version: 5 }, now)).toBe(undefined)
  expect(openedToken(other, name, sealed, now)).toBe(undefined)
})

test('S12 a record of another format is a miss', () => {
  const [, ...rest] = sealed.data.split('.')
  expect(openedToken(key, name, { version: 4, data: ['2', ...rest].join('.') }, now)).toBe(undefined)
})

test('S8 S13 S14 a record that is replayed after its end is a miss', () => {
  expect(openedToken(key, name, sealed, 49_999)?.token).toBeInstanceOf(AccessToken)
  expect(openedToken(key, name, sealed, 50_000)).toBe(undefined)
})

test('the record of a failure does not open as a token, nor a token as a failure', () => {
  const word = failureWord(key, name, down, 3000) as string
  expect(openedToken(key, name, { version: 4, data: word }, now)).toBe(undefined)
  expect(failureFrom(key, name, sealed.data, 2000)).toBe(undefined)
})

test('the same token is never sealed to the same text', () => {
  expect(sealedToken(key, name, { version: 4, token, epoch: 2 }).data).not.toBe(sealed.data)
})

test('C33 S23 nothing of token, scope or identity can be read from a record and its name', () => {
  const identity = '["https://auth.internal","orders-client",{"scope":["read_user"]}]'
  const shown = `${key.nameOf(identity)} ${sealed.data} ${Buffer.from(sealed.data.split('.')[2] ?? '', 'base64url')}`
  for (const mark of ['marker-token-value', 'read_user', 'orders-client', 'auth.internal'])
    expect(shown).not.toContain(mark)
})

test('S11 names and seals of two keys have nothing in common', () => {
  const material = randomBytes(32)
  expect(anyKey(material).nameOf('a')).toBe(anyKey(material).nameOf('a'))
  expect(anyKey(material).nameOf('a')).not.toBe(key.nameOf('a'))
  expect(sealedBy(anyKey(material))).not.toBe(sealedBy(key))
})

const down = new TokenClientError('ERR_SERVER_ERROR', 'marker-message', {
  transient: true,
  status: 503,
  cause: new Error('marker-cause')
})

test('a word says code, moment and whether to try again, and nothing of the answer', () => {
  const word = failureWord(key, name, down, 9000) as string
  expect(key.open(`word.${name}`, word)).toBe('{"code":"ERR_SERVER_ERROR","transient":true,"until":9000}')
  expect(failureFrom(key, name, word, 2000)).toMatchObject({
    code: 'ERR_SERVER_ERROR',
    transient: true,
    message: 'Another instance asked for this token and failed with ERR_SERVER_ERROR. It asks again in 7 s.'
  })
  expect(failureFrom(key, name, word, 99_000)?.message).toContain('It asks again in 0 s.')
  expect(isHeard(failureFrom(key, name, word, 2000) as TokenClientError)).toBe(true)
  expect(failureFrom(other, name, word, 2000)).toBe(undefined)
})

test('a refused credential leaves no word: another instance may hold a newer one', () => {
  const refused = new TokenClientError('ERR_INVALID_CLIENT', 'x', { transient: false })
  expect(failureWord(key, name, refused, 9000)).toBe(undefined)
  expect(failureWord(key, name, new Error('x'), 9000)).toBe(undefined)
})

/** The key id, which is the only common part of two texts sealed with one key. */
function sealedBy(one: SealingKey): string | undefined {
  return one.seal('x', 'x').split('.')[1]
}
