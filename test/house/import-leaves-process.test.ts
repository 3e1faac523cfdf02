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

// The built package meets the undici that vitest.config.ts has chosen.
const undici8 = `
  import { register } from 'node:module'
  register('data:text/javascript,' + encodeURIComponent(\`export const resolve = (specifier, context, next) =>
    next(specifier === 'undici' ? 'undici8' : specifier, context)\`))
`

/** Runs `before`, gets a first token, and runs `after`. */
function getTokenBetween(before: string, after: string): Promise<string> {
  const code = `
    ${process.env.UNDICI === '8' ? undici8 : ''}
    const { createTokenClient } = await import('service-token-client')
    const url = 'http://127.0.0.1:${(server.address() as AddressInfo).port}'
    const slot = Symbol.for('undici.globalDispatcher.1')
    ${before}
    const tokens = createTokenClient({ tokenEndpoint: url, clientId: 'orders', clientSecret: 'secret' })
    await tokens.getToken()
    ${after}
  `
  return built.run(process.execPath, ['--input-type=module', '--eval', code])
}

test("P9 the first token leaves the dispatcher of the process's own fetch where it was", async () => {
  const printed = await getTokenBetween(
    'void globalThis.Headers; const before = globalThis[slot]',
    'console.log(before !== undefined, globalThis[slot] === before)'
  )
  expect(printed).toBe('true true\n')
})

test("the first token puts no Agent of the undici package behind the process's own fetch, and both still work", async () => {
  const printed = await getTokenBetween(
    `const slotOfNode = Symbol.for('undici.globalDispatcher.' + (parseInt(process.versions.undici) >= 8 ? 2 : 1))
     const untouched = globalThis[slotOfNode] === undefined`,
    `const undici = await import('undici')
     const isPackages = () => Object.values(undici).includes(globalThis[slotOfNode]?.constructor)
     const statuses = [isPackages(), (await fetch(url)).status, isPackages(), (await undici.request(url)).statusCode]
     console.log(untouched, ...statuses)`
  )
  expect(printed).toBe('true false 200 false 200\n')
})

test("the first token leaves a dispatcher that was set for the process's own fetch in its place", async () => {
  const printed = await getTokenBetween(
    `void globalThis.Headers
     const own = { dispatch() { throw new Error('own') } }
     const newer = Symbol.for('undici.globalDispatcher.2') // what the fetch of Node 26 asks
     const slots = globalThis[newer] === undefined ? [slot] : [slot, newer]
     for (const one of slots) globalThis[one] = own`,
    `const kept = () => slots.every((one) => globalThis[one] === own)
     await fetch(url).catch(({ message, cause }) => console.log(kept(), cause?.message ?? message))`
  )
  expect(printed).toBe('true own\n')
})

test('P1 an idle connection to the authorization server does not keep the process alive', async () => {
  const printed = await getTokenBetween(
    '',
    `for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
     console.log(process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP') || name === 'Timeout'))`
  )
  expect(printed).toBe('[]\n')
})
