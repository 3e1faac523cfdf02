import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from './package.ts'

let built: BuiltPackage
const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ access_token: 'opaque', token_type: 'Bearer', expires_in: 3600 }))
})

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  built = await buildPackage()
}, 60_000)

afterAll(async () => {
  server.close()
  await built[Symbol.asyncDispose]()
})

/** Runs `before`, gets a first token, and runs `after`. */
function getTokenBetween(before: string, after: string): Promise<string> {
  const code = `
    const { createTokenClient } = await import('service-token-client')
    const url = 'http://127.0.0.1:${(server.address() as AddressInfo).port}'
    ${before}
    const tokens = createTokenClient({ tokenEndpoint: url, clientId: 'orders', clientSecret: 'secret' })
    await tokens.getToken()
    ${after}
  `
  return built.run(process.execPath, ['--input-type=module', '--eval', code])
}

test("P9 the first token touches neither the dispatcher of the process's own fetch nor the agents of its http", async () => {
  const printed = await getTokenBetween(
    `const { default: http } = await import('node:http')
     const { default: https } = await import('node:https')
     const own = () => [
       ...[1, 2].map((number) => globalThis[Symbol.for('undici.globalDispatcher.' + number)]),
       ...[http, https].flatMap((one) => [one.globalAgent, one.request, ...Object.values(one.globalAgent.freeSockets)])
     ]
     const before = own()`,
    'console.log(own().every((value, index) => value === before[index]), own().length === before.length)'
  )
  expect(printed).toBe('true true\n')
})

test("the first token does not load undici, and not even Node's own", async () => {
  const printed = await getTokenBetween(
    '',
    "console.log(process.moduleLoadList.filter((name) => name.includes('undici')))"
  )
  expect(printed).toBe('[]\n')
})

test('P1 an idle connection to the authorization server does not keep the process alive', async () => {
  const printed = await getTokenBetween(
    '',
    `for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
     console.log(process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP') || name === 'Timeout'))`
  )
  expect(printed).toBe('[]\n')
})
