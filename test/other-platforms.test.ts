import { generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'
import { inspect } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createTokenClient, privateKeyJwt, type TokenClient, type TokenClientOptions } from '../src/index.ts'
import { load } from '../src/load.ts'
import { listen } from './support/road.ts'

const { getBuiltinModule } = process

/** For the length of one test, the platform has these modules instead of Node's. */
function platformWith(modules: Readonly<Record<string, unknown>>): void {
  process.getBuiltinModule = ((name: string) =>
    name in modules ? modules[name] : getBuiltinModule(name)) as typeof getBuiltinModule
  onTestFinished(() => {
    process.getBuiltinModule = getBuiltinModule
  })
}

type Options = Partial<TokenClientOptions>

/** Why no token comes. Given as a function, options can fail while they are made. */
async function failure(options: Options | (() => Options)): Promise<Error> {
  try {
    await tokenWith(typeof options === 'function' ? options() : options)
  } catch (error) {
    return error as Error
  }
  return expect.fail('a token')
}

async function clientWith(options: Options): Promise<TokenClient> {
  const origin = await listen((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"access_token":"a-token","token_type":"Bearer","expires_in":60}')
  })
  const server = { issuer: origin, tokenEndpoint: `${origin}/token` }
  const tokens = createTokenClient({ ...server, clientId: 'c', clientSecret: 's', ...options } as TokenClientOptions)
  onTestFinished(() => tokens.close())
  return tokens
}

async function tokenWith(options: Options): Promise<string> {
  const tokens = await clientWith(options)
  return (await tokens.getToken()).value
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

test.each<[string, () => Options]>([
  ['node:http', () => ({})],
  ['node:crypto', () => ({ dpop: true })],
  ['node:crypto', () => ({ clientSecret: undefined, clientAuthentication: privateKeyJwt({ key }) })],
  ['node:crypto', () => ({ connect: { ca: 'PEM' } })],
  ['node:tls', () => ({ connect: { minVersion: 'TLSv1.3' } })],
  ['node:fs', () => ({ clientSecret: { file: '/run/secrets/orders' } })],
  ['node:worker_threads', () => ({ clientSecret: { env: 'PATH', remove: true } })]
])('W32 a platform without %s is told what it lacks and what works without', async (name, options) => {
  platformWith({ [name]: undefined })
  const error = await failure(options)
  expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_PLATFORM', transient: false })
  expect(error.message).toContain(`This platform has no ${name}. `)
  expect(error.message).toContain('createFetch works without it')
})

test('W32 without the modules of Node that send requests, the option fetch gives tokens', async () => {
  platformWith({ 'node:http': undefined, 'node:https': undefined, 'node:tls': undefined, 'node:fs': undefined })
  expect(await tokenWith({ fetch: (...call) => fetch(...call) })).toBe('a-token')
})

test('W32 a node:http that cannot send is no failure of the server', async () => {
  function absent(): never {
    throw new Error('http.Agent is not implemented yet!')
  }
  platformWith({ 'node:http': { Agent: absent, request: absent } })
  const error = await failure({})
  expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_PLATFORM', transient: false })
  expect(error.message).toContain('This platform cannot send a request with node:http. ')
  expect(error.cause).toMatchObject({ message: 'http.Agent is not implemented yet!' })
})

test('W32 where no module of Node can be had, the import says where it can', async () => {
  vi.resetModules()
  process.getBuiltinModule = undefined as never
  onTestFinished(() => {
    process.getBuiltinModule = getBuiltinModule
  })
  await expect(import('../src/platform-timers.ts')).rejects.toThrow(/needs process\.getBuiltinModule.* Deno 2.*\/web/)
})

test('W32 without node:timers and hrtime, the timers and the clock of the web serve', async () => {
  vi.resetModules()
  platformWith({ 'node:timers': undefined })
  const { hrtime } = process
  process.hrtime = (() => undefined) as never
  onTestFinished(() => {
    process.hrtime = hrtime
  })
  const { monotonicTime, setImmediate, setTimeout } = await import('../src/platform-timers.ts')
  const before = monotonicTime()
  await new Promise<void>((resolve) => setTimeout(() => setImmediate(resolve), 1))
  expect(monotonicTime()).toBeGreaterThan(before)
})

test.each([
  ['has no require', { createRequire: undefined }],
  ['does not know where the code is', { createRequire: () => createRequire(undefined as never) }],
  [
    'has no packages',
    {
      createRequire: () => () => {
        throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' })
      }
    }
  ]
])('W32 a dependency that a bundler has put into the program is found where the platform %s', async (_, module) => {
  platformWith({ 'node:module': module })
  expect(await load('jose', async () => 'the bundled one')).toBe('the bundled one')
})

test('W32 T65 without a descriptor the bundled one is not tried, because a failed import cannot be repeated', () => {
  const createRequire = () => () => {
    throw Object.assign(new Error('too many'), { code: 'EMFILE' })
  }
  platformWith({ 'node:module': { createRequire } })
  expect(() => load('jose', () => expect.fail('imported'))).toThrow('too many')
})

/** The interface of undici until version 6. */
function dispatchOfOldUndici(_: unknown, handler: { onError?: unknown }): boolean {
  if (typeof handler.onError !== 'function') throw new TypeError('invalid onError method')
  return true
}

test('W32 P9 an undici that is too old is called so, and not a failure of the server', async () => {
  const error = await failure({ dispatcher: { dispatch: dispatchOfOldUndici as never } })
  expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_PLATFORM', transient: false })
  expect(error.message).toMatch(/^The dispatcher is of an undici that is too old\. Install undici 7/)
})

test('W32 the interceptor on an undici that is too old says so', async () => {
  const tokens = await clientWith({})
  await tokens.getToken()
  const dispatch = tokens.interceptor({ origins: ['https://users.test'] })(dispatchOfOldUndici as never)
  const call = { origin: 'https://users.test', path: '/', method: 'GET' }
  const told = await new Promise((resolve) => {
    try {
      dispatch(call, { onRequestStart() {}, onResponseError: (_: unknown, error: Error) => resolve(error) })
    } catch (error) {
      resolve(error)
    }
  })
  expect(told).toMatchObject({ code: 'ERR_UNSUPPORTED_PLATFORM' })
})

test("W32 the dispatchers of Bun's own undici do not dispatch, and the error says which ones do", async () => {
  const error = await failure({ dispatcher: new (class Agent {})() as never })
  expect(error.message).toContain("on Bun of 'undici/index.js'")
})

/** The form that Deno has. */
class NotCapable extends Error {
  override readonly name = 'NotCapable'
}

test.each([
  ['NotCapable', new NotCapable('Requires net access to "auth.internal"')],
  ['EPERM', Object.assign(new Error('getaddrinfo EPERM'), { code: 'EPERM' })],
  ['ERR_ACCESS_DENIED', Object.assign(new Error('Access to this API'), { code: 'ERR_ACCESS_DENIED' })]
])('W32 what the platform does not allow is no silence of the server: %s', async (code, refusal) => {
  const { message } = await failure({ fetch: async () => Promise.reject(refusal) })
  expect(message).toMatch(new RegExp(`: this process is not allowed to connect there \\(${code}\\)\\.$`))
})

test('W26 W32 a secret where its path belongs is not repeated where the platform forbids to look', async () => {
  const fs = getBuiltinModule('node:fs')
  const forbidden = (path: string) => {
    throw new NotCapable(`Requires read access to "${path}"`)
  }
  platformWith({ 'node:fs': { ...fs, existsSync: forbidden, statSync: forbidden } })
  const error = await failure({ clientSecret: { file: '/marker-secret' } })
  expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' })
  expect(error.message).toContain('The file of clientSecret cannot be read (NotCapable)')
  expect(inspect(error)).not.toContain('marker')
})
