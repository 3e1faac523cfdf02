import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { listen } from '../support/road.ts'
import { runNode } from './child.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

/** Runs a module with a client in a Node with these flags, and gives what it printed. */
async function output(flags: readonly string[], code: string): Promise<string> {
  const endpoint = await listen((request, response) => {
    if (request.url === '/broken') return void request.socket.resetAndDestroy()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'a'.repeat(1000), token_type: 'Bearer', expires_in: 43_200 }))
  })
  const setUp = `
    import { createTokenClient } from 'service-token-client'
    const create = (path, options) =>
      createTokenClient({ tokenEndpoint: '${endpoint}' + path, clientId: 'c', clientSecret: 's', ...options })
  `
  return (await runNode(built.folder, [...flags, '--no-warnings', '--input-type=module', '--eval', setUp + code]).ended)
    .output
}

test.each([
  ['--frozen-intrinsics'],
  ['--disallow-code-generation-from-strings'],
  [
    process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
    '--allow-fs-read=*'
  ]
])('P10 a token comes with %s', async (...flags) => {
  expect(await output(flags, "console.log((await create('/token').getToken()).type)")).toBe('Bearer\n')
})

test('P12 a kept token of a kilobyte costs a few kilobytes', async () => {
  const code = `
    const tokens = create('/token')
    const keys = 1000
    const ask = (prefix) => Promise.all(Array.from({ length: keys }, (_, index) => tokens.getToken({ audience: prefix + index })))
    const heap = () => (gc(), gc(), process.memoryUsage().heapUsed)
    await tokens.getToken()
    const before = heap()
    await ask('a')
    console.log((heap() - before) / keys)
  `
  const perToken = Number(await output(['--expose-gc'], code))
  expect(perToken).toBeGreaterThan(1000)
  expect(perToken).toBeLessThan(32 * 1024)
})

test('P13 nothing is thrown out of a timer, a socket or a listener', async () => {
  const code = `
    const thrown = []
    for (const name of ['uncaughtException', 'unhandledRejection'])
      process.on(name, (error) => thrown.push(error.message))
    const careless = () => { throw new Error('careless') }
    const clients = [
      create('/broken'),
      create('/token', { clientSecret: careless }),
      create('/token', { clientSecret: async () => careless() }),
      create('/token', { fetch: careless, timeout: 100 }),
      create('/token', { dispatcher: { dispatch: careless } }),
      create('/token')
    ]
    for (const tokens of clients) {
      tokens.on('*', careless)
      tokens.on('refreshed', async () => careless())
      await tokens.getToken({ maxWait: 300 }).catch(() => {})
      tokens.getToken({ audience: 'nobody waits' }).catch(() => {})
      await tokens.close()
    }
    await new Promise((resolve) => setTimeout(resolve, 50)) // real time, in which a late rejection would be reported
    console.log(thrown)
  `
  expect(await output([], code)).toBe('[]\n')
})
