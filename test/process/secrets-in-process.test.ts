import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../house/imports.ts'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { listen } from '../support/road.ts'
import { type Child, runModule, runNode } from './child.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

const marker = 'marker-secret'

/** A client, its token, and an error of it. The secret comes from outside, so that no quoted line of code shows it. */
async function setUp(): Promise<string> {
  const endpoint = await listen((request, response) => {
    const refused = request.url === '/refused'
    response.writeHead(refused ? 400 : 200, { 'content-type': 'application/json' })
    const refusal = { error: 'invalid_client', error_description: marker }
    response.end(JSON.stringify(refused ? refusal : { access_token: marker, token_type: 'Bearer', expires_in: 60 }))
  })
  return `
    import { createTokenClient, clientSecretBasic } from 'service-token-client'
    const secret = ['marker', 'secret'].join('-')
    const options = { clientId: 'c', clientAuthentication: clientSecretBasic(secret) }
    const tokens = createTokenClient({ ...options, tokenEndpoint: '${endpoint}/token' })
    const refusing = createTokenClient({ ...options, tokenEndpoint: '${endpoint}/refused' })
    const token = await tokens.getToken()
    const error = await refusing.getToken().catch((error) => error)
  `
}

async function ended(child: Child): Promise<string> {
  const { code, output } = await child.ended
  expect(code).not.toBe(0)
  return output
}

test.each([
  ['a rejection that nobody handles', 'void refusing.getToken()', 'ERR_INVALID_CLIENT'],
  ['a rejection with a client as its reason', 'void Promise.reject(tokens)', 'ERR_UNHANDLED_REJECTION'],
  ['a rejection with a token as its reason', 'void Promise.reject(token)', 'ERR_UNHANDLED_REJECTION'],
  ['an error that is thrown on', 'throw new Error("the order failed", { cause: error })', 'ERR_INVALID_CLIENT'],
  ['a client that is thrown', 'throw tokens', 'getToken']
])('X11 the last words of a process after %s hold no secret', async (_, code, told) => {
  const output = await ended(
    runModule(built.folder, `${await setUp()}\n${code}\nawait new Promise(() => setTimeout(() => {}, 9000))`)
  )
  expect(output).toContain(told)
  expect(output).not.toContain(marker)
})

const failing = `
  for (const [name, value] of Object.entries({ tokens, token, error, options })) {
    test(name + ' equals nothing', () => compare(value, { nothing: 1 }))
    test(name + ' is an error', () => { throw Object.assign(new Error('found'), { value }) })
  }
`

const vitest = join(root, 'node_modules/vitest/vitest.mjs')

test.each([
  [
    'vitest',
    'test/leak.test.ts', // as the configuration of this project wants it
    "import { expect, test } from 'vitest'; const compare = (one, other) => expect(one).toEqual(other)",
    [vitest, 'run', '--root', '.']
  ],
  [
    'node:test',
    'leak.test.mjs',
    "import test from 'node:test'; import { deepStrictEqual as compare } from 'node:assert'",
    ['--test', 'leak.test.mjs']
  ]
])(
  'X11 what %s prints of a failed assertion on a client, a token or an error holds no secret',
  async (_, file, imports, args) => {
    const folder = await mkdtemp(join(built.folder, 'leak-'))
    await mkdir(join(folder, dirname(file)), { recursive: true })
    await writeFile(join(folder, file), imports + (await setUp()) + failing)
    const output = await ended(runNode(folder, args))
    expect(output).toContain('error is an error')
    expect(output).not.toContain(marker)
  }
)

test('W27 in a worker thread a variable cannot be taken out of the environment, so it is refused', async () => {
  const worker = `
    import('service-token-client').then(({ clientSecretPost }) => {
      try { clientSecretPost({ env: 'ORDER_SECRET', remove: true }) } catch (error) { console.log(error.message) }
      console.log('still', 'ORDER_SECRET' in process.env, clientSecretPost({ env: 'ORDER_SECRET' }).method)
    })
  `
  const main = `
    import { Worker } from 'node:worker_threads'
    process.env.ORDER_SECRET = ['marker', 'secret'].join('-')
    new Worker(${JSON.stringify(worker)}, { eval: true })
  `
  const { code, output } = await runModule(built.folder, main).ended
  expect(output).toContain(
    'clientSecret.remove cannot remove a variable from this environment. Read it in the main thread'
  )
  expect(output).toContain('still true client_secret_post')
  expect(output).not.toContain(marker)
  expect(code).toBe(0)
})
