import { Redis as IoRedis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisCommand, redisStore } from '../../src/redis/index.ts'
import { tokenStoreContract } from '../../src/testing/index.ts'
import { read } from '../house/documented.ts'
import { type RedisClient, recipes } from './redis-recipes.ts'
import { hasRedis, type RedisServer, startRedis } from './redis-server.ts'

describe.skipIf(!hasRedis)('with a real engine (redis-server is needed)', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  test('a user with the rights that docs/fleet.md names can do all that a store does', async () => {
    const [, rights = ''] = /^ACL SETUSER orders on >PASSWORD (.*)$/m.exec(read('docs/fleet.md')) ?? []
    expect(await server.ask('ACL', 'SETUSER', 'orders', 'on', '>password', ...rights.split(' '))).toContain('OK')
    const client = new IoRedis(`redis://orders:password@127.0.0.1:${server.port}`)
    const command: RedisCommand = (_key, [name = '', ...args]) => client.call(name, args)
    for (const { run } of tokenStoreContract(() => redisStore({ command }))) await run()
    await expect(command('a', ['FLUSHALL'])).rejects.toThrow('NOPERM')
    client.disconnect()
  })

  describe.for(Object.entries(recipes.single))('%s', ([, connect]) => {
    let client: RedisClient
    beforeAll(async () => {
      client = await connect([server.port])
    })
    afterAll(() => client.close())

    test.for(tokenStoreContract(() => redisStore({ command: client.command })))('$name', ({ run }) => run())

    test('a script that the engine has forgotten is sent again', async () => {
      const store = redisStore({ command: client.command })
      await client.command('', ['SCRIPT', 'FLUSH'])
      expect(await store.lease('forgotten', { holder: 'a', life: 1000 })).toEqual({ state: 'acquired' })
      await client.command('', ['SCRIPT', 'FLUSH'])
      expect(await store.lease('forgotten', { holder: 'b', life: 1000 })).toEqual({ state: 'held', word: undefined })
    })

    test("a key of another type is the store's error, not a missing record", async () => {
      await client.command('a', ['LPUSH', 'p:{wrong}', 'x'])
      const store = redisStore({ command: client.command, prefix: 'p:' })
      await expect(store.read('wrong')).rejects.toThrow('WRONGTYPE')
      await expect(store.write('wrong', { version: 1, data: 'x' }, 1000)).rejects.toThrow('WRONGTYPE')
    })

    test.for(['', 'x', '.x', 'x.y', '1e400.y'])('the text %s under a name is no record', async (text) => {
      await client.command('a', ['SET', 'p:{text}', text])
      expect(await redisStore({ command: client.command, prefix: 'p:' }).read('text')).toBe(undefined)
    })
  })
})

/** A client of the user's own that answers every command with that. */
const answering = (reply: unknown) => redisStore({ command: async () => reply })

test.for([undefined, null, true, {}, [], new Error('READONLY')])(
  'a reply of %s to the lease is the error of the store, and neither a lease nor a busy holder',
  async (reply) => {
    await expect(answering(reply).lease('name', { holder: 'a', life: 1000 })).rejects.toThrow('command returned')
    await expect(answering(reply).write('name', { version: 1, data: 'x' }, 1000)).rejects.toThrow('command returned')
  }
)

test.for([Buffer.from('7.sealed'), new TextEncoder().encode('7.sealed'), '7.sealed'])(
  'a record is read from text and from bytes: %s',
  async (reply) => {
    expect(await answering(reply).read('name')).toEqual({ version: 7, data: 'sealed' })
  }
)

test.for([1, 1n, '1', Buffer.from('1')])('a write is kept when the engine says so as %s', async (reply) => {
  expect(await answering(reply).write('name', { version: 1, data: 'x' }, 1000)).toBe(true)
})

test.for(['NOSCRIPT No matching script', new Error('NoScriptError: No matching script'), { message: 'x' }])(
  'a script is sent whole when the engine does not know it, however the client says so: %s',
  async (refusal) => {
    const sent: (string | undefined)[] = []
    const command = async (_key: string, [name]: string[]) => {
      sent.push(name)
      return name === 'EVALSHA' ? Promise.reject(refusal) : ''
    }
    await redisStore({ command })
      .lease('name', { holder: 'a', life: 1000 })
      .catch(() => {})
    const isUnknown = String((refusal as Error).message ?? refusal).includes('script')
    expect(sent).toEqual(isUnknown ? ['EVALSHA', 'EVAL'] : ['EVALSHA'])
  }
)

const noCommand = async () => undefined

test.for([
  [undefined, 'redisStore options must be an object'],
  [{}, 'command must be a function, but is undefined'],
  [{ command: 'GET' }, 'command must be a function, but is a string'],
  [{ command: noCommand, prefix: 'a{b}' }, 'prefix must be a string without braces'],
  [{ command: noCommand, prefix: 7 }, 'prefix must be a string without braces'],
  [{ command: noCommand, client: {} }, 'client is not an option']
] as const)('wrong options of redisStore are named: %j', ([options, message]) => {
  expect(() => redisStore(options as never)).toThrow(message)
})
