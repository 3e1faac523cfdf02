import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { listen } from '../support/road.ts'
import { runModule } from './child.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

/** A token endpoint that answers each request with the next of these statuses, and then with tokens. */
function tokenEndpoint(...statuses: readonly number[]): Promise<string> {
  const left = [...statuses]
  return listen((_, response) => {
    response.writeHead(left.shift() ?? 200, { 'content-type': 'application/json' })
    response.end('{"access_token":"t","token_type":"Bearer","expires_in":43200}')
  })
}

/** Runs the code with a client that is not closed, and tells how the process ended. */
async function runWithClient(endpoint: string, code: string, secret = "'s'"): Promise<object> {
  const setUp = `
    import { createTokenClient } from 'service-token-client'
    const tokens = createTokenClient({ tokenEndpoint: '${endpoint}', clientId: 'c', clientSecret: ${secret} })
  `
  return runModule(built.folder, setUp + code).ended
}

const arrived = { code: 0, output: 'arrived\n' }

test.each([
  ['was never used', ''],
  ['listens to itself', "tokens.on('*', () => {})"],
  ['holds a token, its refresh and its connection', 'await tokens.getToken()'],
  ['keeps its token warm', 'await tokens.ready()'],
  ['failed and will try again', 'await tokens.getToken({ scope: "refused" }).catch(() => {})'],
  ['was asked for a token that nobody waits for', 'tokens.getToken({ maxWait: 0 }).catch(() => {})']
])('P1 a client that %s lets the process end', async (_, code) => {
  const endpoint = await tokenEndpoint(...(code.includes('refused') ? [400] : []))
  expect(await runWithClient(endpoint, `${code}\nconsole.log('arrived')`)).toEqual(arrived)
})

test.each([
  ['the server answers', "await tokens.getToken(); console.log('arrived')", []],
  ['the second attempt answers', "await tokens.getToken(); console.log('arrived')", [503]],
  [
    'a remembered failure has passed',
    "await tokens.getToken({ maxWait: 9000 }); console.log('arrived')",
    [503, 503, 503]
  ],
  ['ready() has its first token', "await tokens.ready(); console.log('arrived')", [503]]
])('P2 top-level await without a token holds the process until %s', async (_, code, statuses) => {
  expect(await runWithClient(await tokenEndpoint(...statuses), code)).toEqual(arrived)
})

test('P2 top-level await holds the process while a secret comes that nothing else waits for', async () => {
  const secret = "() => new Promise((resolve) => setTimeout(resolve, 100, 's').unref())"
  const code = "await tokens.getToken(); console.log('arrived')"
  expect(await runWithClient(await tokenEndpoint(), code, secret)).toEqual(arrived)
})

test('P2 an intercepted request holds the process while its token comes', async () => {
  const users = await listen((_, response) => response.end('arrived'))
  const code = `
    import { Agent, request } from 'undici'
    const dispatcher = new Agent().compose(tokens.interceptor({ origins: ['${users}'] }))
    console.log(await (await request('${users}', { dispatcher })).body.text())
  `
  expect(await runWithClient(await tokenEndpoint(503), code)).toEqual(arrived)
})

test('P1 a refresh in the background that hangs lets the process end', async () => {
  let asked = 0
  const endpoint = await listen((_, response) => {
    asked += 1
    if (asked > 1) return // this request gets no answer
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"access_token":"t","token_type":"Bearer","expires_in":43200}')
  })
  const code = `
    import { createTokenClient } from 'service-token-client'
    let passed = 0
    const clock = {
      wallTime: () => Date.now() + passed,
      monotonicTime: () => performance.now() + passed,
      random: () => 0.5,
      startTimer(callback, delay) {
        const timeout = setTimeout(callback, delay).unref()
        return { cancel: () => clearTimeout(timeout), hold: () => void timeout.ref() }
      }
    }
    const tokens = createTokenClient({ tokenEndpoint: '${endpoint}', clientId: 'c', clientSecret: 's', clock })
    await tokens.getToken()
    passed = 0.8 * 43_200_000
    await tokens.getToken()
    await new Promise((resolve) => setTimeout(resolve, 500)) // the request is on its way
    console.log('arrived')
  `
  expect(await runModule(built.folder, code).ended).toEqual(arrived)
  expect(asked).toBeGreaterThan(1)
}, 20_000)

const stores = {
  'in a directory': "fileStore({ directory: './.tokens-of-a-test' })",
  'that never answers': 'everyVerb(() => new Promise(() => {}))',
  'that throws': "everyVerb(() => { throw new Error('closed') })",
  'that rejects with nothing': 'everyVerb(() => Promise.reject())',
  'that answers after the process has better things to do':
    'everyVerb(() => new Promise((resolve) => setTimeout(resolve, 60_000).unref()))',
  'that answers with itself': 'everyVerb(function () { return this })'
}

function withStore(endpoint: string, store: string, code: string): Promise<object> {
  const setUp = `
    import { createTokenClient, fileStore } from 'service-token-client'
    const everyVerb = (verb) => ({ read: verb, write: verb, remove: verb, lease: verb, release: verb })
    const sealingKey = Buffer.alloc(32, 1).toString('base64')
    const client = { tokenEndpoint: '${endpoint}', clientId: 'c', clientSecret: 's', store: ${store}, sealingKey }
    const tokens = createTokenClient(client)
  `
  return runModule(built.folder, setUp + code).ended
}

test.each(Object.entries(stores))('P1 P2 a store %s gives a token and lets the process end', async (_, store) => {
  const code = "await tokens.getToken(); await tokens.refresh(); console.log('arrived')"
  expect(await withStore(await tokenEndpoint(503), store, code)).toEqual(arrived)
})

test.each(Object.entries(stores))('P1 a client that closes while it asks a store %s ends with it', async (_, store) => {
  const code = `
    const asked = tokens.getToken().catch(({ code }) => code)
    const looked = tokens.ready().catch(({ code }) => code)
    await new Promise(setImmediate)
    await tokens.close()
    const told = new Set([await asked, await looked].map((outcome) => typeof outcome === 'string' ? outcome : 'ERR_CLIENT_CLOSED'))
    console.log(told.size === 1 && told.has('ERR_CLIENT_CLOSED') ? 'arrived' : [...told])
  `
  expect(await withStore(await tokenEndpoint(), store, code)).toEqual(arrived)
})

test.each([
  ['by the timeout', 'timeout: 300', '{}', 'ERR_SECRET_UNAVAILABLE'],
  ['by its maxWait', '', '{ maxWait: 300 }', 'ERR_TIMEOUT'],
  ['by close()', '', '{}', 'ERR_CLIENT_CLOSED']
])('P2 a call holds the process while its proof is signed elsewhere, and ends %s', async (way, option, wait, code) => {
  const users = await listen((_, response) => response.end('never asked'))
  const endpoint = await listen((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"access_token":"t","token_type":"DPoP","expires_in":43200}')
  })
  const end = way === 'by close()' ? 'setTimeout(() => tokens.close(), 100)' : ''
  const program = `
    import { createTokenClient } from 'service-token-client'
    import { generateKeyPairSync, sign } from 'node:crypto'
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    let works = true
    const dpop = {
      alg: 'EdDSA',
      publicKey,
      sign: (bytes) => (works ? sign(null, bytes, privateKey) : new Promise(() => {}))
    }
    const tokens = createTokenClient({
      tokenEndpoint: '${endpoint}', clientId: 'c', clientSecret: 's', dpop, ${option}
    })
    await tokens.ready()
    works = false
    ${end}
    const calls = [
      tokens.headers({ method: 'GET', url: '${users}', ...${wait} }),
      tokens.createFetch({ origins: ['${users}'], ...${wait} })('${users}')
    ]
    for (const call of calls) console.log(await call.catch((error) => error.code))
  `
  expect(await runModule(built.folder, program).ended).toEqual({ code: 0, output: `${code}\n${code}\n` })
})

test.each([
  ['has left', '{ signal: AbortSignal.timeout(100) }', 'TimeoutError'],
  ['has no more time', '{ maxWait: 100 }', 'ERR_TIMEOUT'],
  ['has no time', '{ maxWait: 0 }', 'ERR_TIMEOUT']
])(
  'P1 a token request that waits for a signature does not hold the process when its caller %s',
  async (_, wait, end) => {
    const program = `
    import { createTokenClient, privateKeyJwt } from 'service-token-client'
    const clientAuthentication = privateKeyJwt({ alg: 'ES256', sign: () => new Promise(() => {}) })
    const tokens = createTokenClient({
      issuer: 'http://127.0.0.1:1', tokenEndpoint: 'http://127.0.0.1:1/token', clientId: 'c', clientAuthentication,
      timeout: 600_000
    })
    const alive = setInterval(() => {}, 1000) // the timer of AbortSignal.timeout() does not hold a process
    await tokens.getToken(${wait}).catch(({ name, code }) => console.log(typeof code === 'string' ? code : name))
    clearInterval(alive)
  `
    expect(await runModule(built.folder, program).ended).toEqual({ code: 0, output: `${end}\n` })
  }
)
