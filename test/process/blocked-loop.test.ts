import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { listen } from '../support/road.ts'
import { runModule } from './child.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

const answer = `{"access_token":"t","token_type":"Bearer","expires_in":43200,"more":"${'x'.repeat(40_000)}"}`

test('K11 an answer that came while the event loop stood still is in time', async () => {
  const endpoint = await listen(async (_, response) => {
    child.process.kill('SIGUSR2')
    await child.printed('stands still')
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
  })
  const code = `
    import { createTokenClient } from 'service-token-client'
    const tokens = createTokenClient({ tokenEndpoint: '${endpoint}', clientId: 'c', clientSecret: 's', timeout: 3000 })
    process.once('SIGUSR2', () => setImmediate(() => { // timers come next
      console.log('stands still')
      const end = Date.now() + 4000
      while (Date.now() < end);
    }))
    const given = await Promise.allSettled([tokens.getToken(), tokens.getToken({ maxWait: 2900 })])
    console.log(given.map(({ status, reason }) => reason?.message ?? status).join())
  `
  const child = runModule(built.folder, code)
  expect(await child.ended).toEqual({ code: 0, output: 'stands still\nfulfilled,fulfilled\n' })
})
