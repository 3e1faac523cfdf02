import { afterAll, beforeAll, expect, test } from 'vitest'
import { tokenServer } from '../../fleet/token-server.ts'
import { type BuiltPackage, buildPackage } from '../../house/package.ts'
import { type Child, runModule, runWithDescriptors } from '../../process/child.ts'
import { startCallers } from './calling-processes.ts'
import { limitedServer, unlimited } from './limited-server.ts'

const second = 1000
let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
})
afterAll(() => built[Symbol.asyncDispose]())

function setUp(tokenEndpoint: string, options = ''): string {
  return `
    import { setTimeout as pass } from 'node:timers/promises'
    import { createTokenClient } from 'service-token-client'
    const tokens = createTokenClient({ tokenEndpoint: '${tokenEndpoint}', clientId: 'c', clientSecret: 's'${options} })
  `
}

test('drill: a process whose refresh in the background hangs ends when it is told to', async () => {
  const server = await tokenServer(6)
  const child = runModule(
    built.folder,
    `${setUp(server.tokenEndpoint)}
    const work = setInterval(() => tokens.getToken().catch(() => {}), 50)
    process.once('SIGTERM', () => clearInterval(work))
    await tokens.getToken()
    console.log('ready')`
  )
  await child.printed('ready')
  await new Promise<void>((resolve) => server.answer(() => resolve()))
  const told = performance.now()
  child.process.kill('SIGTERM')
  expect((await child.ended).code).toBe(0)
  expect(performance.now() - told).toBeLessThan(2 * second)
})

test('drill: an answer that came while the event loop stood still for 11 s is the token', async () => {
  const server = await tokenServer(300)
  server.answer(async (_, give) => {
    child.process.kill('SIGUSR2')
    await child.printed('stands still')
    give()
  })
  const child = runModule(
    built.folder,
    `${setUp(server.tokenEndpoint)}
    process.once('SIGUSR2', () => {
      console.log('stands still')
      for (const end = performance.now() + 11_000; performance.now() < end; );
    })
    console.log((await tokens.getToken()).value)`
  )
  expect(await child.ended).toEqual({ code: 0, output: 'stands still\ntoken-1\n' })
})

const descriptors = `
  import { closeSync, openSync } from 'node:fs'
  const taken = []
  function takeAll() {
    try {
      for (;;) taken.push(openSync('/dev/null'))
    } catch {}
  }
  function giveBack() {
    for (const descriptor of taken.splice(0)) closeSync(descriptor)
  }
`

/** The child takes all descriptors while its first request is on its way. */
const takesThemWhenTold = `process.once('SIGUSR2', () => {
  takeAll()
  console.log('taken')
})`

async function takeThem(child: Child): Promise<void> {
  child.process.kill('SIGUSR2')
  await child.printed('taken')
}

test('drill: a process that runs out of descriptors while its first request fails makes second attempts later', async () => {
  const server = await tokenServer(43_200)
  const statuses = [503, 200, 503, 503, 200]
  server.answer(async (response, give) => {
    const status = statuses[server.requests.length - 1]
    if (server.requests.length === 1) await takeThem(child)
    if (status === 200) give()
    else response.writeHead(status ?? 500).end()
  })
  const child = runWithDescriptors(
    64,
    built.folder,
    `${setUp(server.tokenEndpoint)}${descriptors}${takesThemWhenTold}
    const first = await tokens.getToken().then(({ value }) => value, ({ code }) => code)
    giveBack()
    const second = await tokens.getToken({ maxWait: 10_000 })
    const third = await tokens.getToken({ scope: 'another' })
    console.log(first, second.value, third.value)`
  )
  expect(await child.ended).toEqual({ code: 0, output: 'taken\nERR_SERVER_ERROR token-1 token-2\n' })
  expect(server.requests.length).toBe(statuses.length)
})

test('drill: a process that has no descriptor left to sign its first assertion has its token when it has one again', async () => {
  const { tokenEndpoint } = await tokenServer(43_200)
  const child = runWithDescriptors(
    64,
    built.folder,
    `import { setTimeout as pass } from 'node:timers/promises'
    import { createTokenClient, privateKeyJwt } from 'service-token-client'
    import { generateKeyPairSync } from 'node:crypto'
    ${descriptors}
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const clientAuthentication = privateKeyJwt({ alg: 'ES256', key })
    const tokens = createTokenClient({ tokenEndpoint: '${tokenEndpoint}', issuer: 'https://auth.internal', clientId: 'c', clientAuthentication })
    await pass(1000) // all is loaded
    takeAll()
    const first = await tokens.getToken().then(({ value }) => value, ({ code }) => code)
    giveBack()
    console.log(first, (await tokens.getToken({ maxWait: 10_000 })).value)`
  )
  expect(await child.ended).toEqual({ code: 0, output: 'ERR_RESOURCE_EXHAUSTED token-1\n' })
})

test('drill: a wrong secret is sent at most twice in two minutes, also when descriptors run out at its first refusal', async () => {
  const server = await tokenServer(43_200)
  server.answer(async (response) => {
    if (server.requests.length === 1) await takeThem(child)
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}')
  })
  const child = runWithDescriptors(
    64,
    built.folder,
    `import { manualClock } from 'service-token-client/testing'
    const clock = manualClock()
    ${setUp(server.tokenEndpoint, ', clock')}${descriptors}${takesThemWhenTold}
    setInterval(() => {}, 1000) // a held clock keeps no process alive
    console.log(await tokens.getToken().catch(({ code }) => code))
    giveBack()
    for (let second = 0; second < 120; second += 1) {
      tokens.getToken().catch(() => {})
      await clock.advance(1000)
    }
    console.log('done')
    process.exit()`
  )
  expect(await child.ended).toEqual({ code: 0, output: 'taken\nERR_INVALID_CLIENT\ndone\n' })
  expect(server.requests.length).toBeLessThanOrEqual(2)
})

test('drill: 5,000 keys of a server that is down cost what one costs, and have their tokens soon after it is back', async () => {
  const server = await limitedServer({ life: 43_200, capacity: unlimited })
  const [one] = await startCallers(built.folder, server.tokenEndpoint, { processes: 1, each: 1 })
  const [many] = await startCallers(built.folder, server.tokenEndpoint, { processes: 1, each: 1 })
  const seconds = 20
  const traffic = { perRound: 30, rounds: 10 * seconds, every: 100 }
  server.capacity = 0
  const ofOne = await one?.call({ scopes: 1, ...traffic })
  server.start()
  const ofMany = await many?.call({ scopes: 5000, ...traffic })
  expect(ofMany?.processorTime).toBeLessThan(2 * (ofOne?.processorTime ?? 0))
  expect(server.requests.filter((moment) => moment > second).length).toBeLessThanOrEqual(seconds)

  server.capacity = unlimited
  server.start()
  const outcome = await many?.call({ scopes: 5000, perRound: 5000, rounds: 1, every: 0, maxWait: 20 * second })
  expect([outcome?.failed, server.served.length]).toEqual([0, 5000])
})
