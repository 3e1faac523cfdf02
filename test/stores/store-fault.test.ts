import { createClient } from 'redis'
import { expect, test } from 'vitest'
import { StoreFault, storeTrouble } from '../../src/stores/store-fault.ts'
import { freePort } from './redis-server.ts'

const password = 'marker-password'
const address = `redis://orders:${password}@cache.internal:6379`

class ClientOfflineError extends Error {}

const told: readonly [unknown, string][] = [
  [new StoreFault('it did not answer within 50 ms'), 'it did not answer within 50 ms'],
  [Object.assign(new Error(`connect to ${address}`), { code: 'ECONNREFUSED' }), 'it failed with ECONNREFUSED'],
  [Object.assign(new Error(address), { code: '57P03' }), 'it failed with 57P03'],
  [Object.assign(new Error(address), { code: address }), 'it failed'],
  [Object.assign(new Error(address), { code: password }), 'it failed'],
  [new Error(`READONLY You can't write against a read only replica of ${address}`), 'it failed with READONLY'],
  [new Error(`WRONGPASS invalid username-password pair ${password}`), 'it failed with WRONGPASS'],
  [`OOM command not allowed, ${address}`, 'it failed with OOM'],
  [new Error(address), 'it failed'],
  [new ClientOfflineError(address), 'it failed with ClientOfflineError'],
  [Object.assign(new Error(address), { name: 'ReplyError' }), 'it failed with ReplyError'],
  [Object.assign(new Error('x'), { name: address }), 'it failed'],
  [address, 'it failed'],
  [{ message: address, name: password }, 'it failed'],
  [{ message: { toString: () => address } }, 'it failed'],
  [undefined, 'it failed'],
  [null, 'it failed'],
  [7, 'it failed'],
  [Object.create(null), 'it failed'],
  [Symbol(password), 'it failed'],
  [hidden(), 'it failed']
]

test("S5 a store's error is told by its code, the engine's word or its class, and never by its text", () => {
  expect(told.map(([error]) => storeTrouble(error))).toEqual(told.map(([, text]) => text))
})

test('S22 the error of a real client whose address holds a password is told without it', async () => {
  const client = createClient({
    url: `redis://orders:${password}@127.0.0.1:${await freePort()}`,
    socket: { reconnectStrategy: false }
  })
  client.on('error', () => {})
  const error = await client.connect().catch((error: unknown) => error)
  expect(storeTrouble(error)).toBe('it failed with ECONNREFUSED')
})

/** An object that throws whatever one reads of it. */
function hidden(): object {
  return new Proxy(
    {},
    {
      get() {
        throw new Error(password)
      }
    }
  )
}
