import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { listen } from '../support/road.ts'
import { runModule } from './child.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

test('K11 an answer that came while the event loop stood still is in time', async () => {
  const endpoint = await listen((_, response) => {
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`{"access_token":"t","token_type":"Bearer","expires_in":43200,"more":"${'x'.repeat(40_000)}"}`)
    }, 300)
  })
  const code = `
    import { createTokenClient } from 'service-token-client'
    const tokens = createTokenClient({ tokenEndpoint: '${endpoint}', clientId: 'c', clientSecret: 's', timeout: 1000 })
    const asked = [tokens.getToken(), tokens.getToken({ maxWait: 900 })]
    setTimeout(() => setImmediate(() => { // timers come next
      const end = Date.now() + 2500
      while (Date.now() < end);
    }), 200)
    const given = await Promise.allSettled(asked)
    console.log(given.map(({ status, reason }) => reason?.message ?? status).join())
  `
  expect(await runModule(built.folder, code).ended).toEqual({ code: 0, output: 'fulfilled,fulfilled\n' })
})
