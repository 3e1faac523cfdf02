import { mock } from 'node:test'
import timers from 'node:timers'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createTokenClient } from '../../src/index.ts'
import { listen } from '../support/road.ts'

/** An authorization server and a resource server that refuses its first token. */
async function servers(): Promise<{ readonly tokenEndpoint: string; readonly users: string }> {
  let issued = 0
  const tokenEndpoint = await listen((_, response) => {
    issued += 1
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: `t${issued}`, token_type: 'Bearer', expires_in: 3600 }))
  })
  const users = await listen(({ headers }, response) => {
    if (headers.authorization === 'Bearer t2') response.end('good')
    else response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('refused')
  })
  return { tokenEndpoint, users }
}

test('W9 under the fake timers of a test runner a refused request is sent again, and events are told', async () => {
  const { tokenEndpoint, users } = await servers()
  const agent = new Agent()
  const tokens = createTokenClient({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
  onTestFinished(async () => {
    vi.useRealTimers()
    await tokens.close()
    await agent.close()
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date', 'performance'] })
  const told: string[] = []
  tokens.on('*', (name) => told.push(name))
  const { body } = await request(users, { dispatcher: agent.compose(tokens.interceptor({ origins: [users] })) })
  expect(await body.text()).toBe('good')
  expect(told).toEqual(['refreshed', 'rejected', 'refreshed'])
})

test('W9 a token comes and its event is told, whatever of the platform is faked', async () => {
  const { tokenEndpoint } = await servers()
  const tokens = createTokenClient({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
  onTestFinished(async () => {
    vi.useRealTimers()
    await tokens.close()
  })
  const told: string[] = []
  tokens.on('*', (name) => told.push(name))
  vi.useFakeTimers() // all but nextTick and queueMicrotask
  vi.stubGlobal('queueMicrotask', () => {})
  onTestFinished(() => void vi.unstubAllGlobals())
  expect((await tokens.getToken()).value).toBe('t1')
  expect(told).toEqual(['refreshed'])
})

test('W9 under the mock timers of node:test, in another century, a broken token request is sent again', async () => {
  let requests = 0
  const tokenEndpoint = await listen((_, response) => {
    requests += 1
    if (requests === 1) return response.writeHead(503).end()
    response.setHeader('content-type', 'application/json')
    return response.end(JSON.stringify({ access_token: 't1', token_type: 'Bearer', expires_in: 3600 }))
  })
  const tokens = createTokenClient({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'], now: 4e12 })
  onTestFinished(async () => {
    mock.timers.reset()
    await tokens.close()
  })
  const { value, expiresAt } = await tokens.getToken()
  expect(value).toBe('t1')
  expect(expiresAt).toBeLessThan(4e12)
})

test.each(['global', 'of the module'])(
  'W9 timers, %s, that are bare numbers and never fire are no error',
  async (whose) => {
    const { tokenEndpoint } = await servers()
    const owner = whose === 'global' ? globalThis : timers
    const { setTimeout, setImmediate, clearTimeout } = owner
    onTestFinished(() => void Object.assign(owner, { setTimeout, setImmediate, clearTimeout }))
    Object.assign(owner, { setTimeout: () => 1, setImmediate: () => 2, clearTimeout() {} })
    vi.resetModules()
    const { createTokenClient: freshly } = await import('../../src/index.ts')
    const tokens = freshly({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
    expect((await tokens.getToken()).value).toBe('t1')
    await tokens.close()
  }
)
