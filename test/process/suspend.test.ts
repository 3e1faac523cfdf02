import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { listen } from '../support/road.ts'
import { runModule } from './child.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

const life = 2000

test.skipIf(process.platform === 'win32')(
  'K4 K11 a process that was stopped while its token ended gets a new one before the next call, and only one',
  async () => {
    let asked = 0
    const endpoint = await listen((_, response) => {
      asked += 1
      const seconds = asked === 1 ? life / 1000 : 43_200
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: `t${asked}`, token_type: 'Bearer', expires_in: seconds }))
    })
    const child = runModule(
      built.folder,
      `import { createTokenClient } from 'service-token-client'
       const tokens = createTokenClient({ tokenEndpoint: '${endpoint}', clientId: 'c', clientSecret: 's' })
       const first = await tokens.getToken()
       console.log('holds', first.value)
       for await (const _ of process.stdin) {
         const [one, other] = await Promise.all([tokens.getToken(), tokens.getToken()])
         console.log(first.expiresAt < Date.now(), one.expiresAt > Date.now(), one === other)
         break
       }`
    )
    await child.printed('holds t1')
    child.process.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, life)) // real time: no clock of ours reaches a stopped process
    child.process.stdin?.end('go\n')
    child.process.kill('SIGCONT')
    expect(await child.ended).toEqual({ code: 0, output: 'holds t1\ntrue true true\n' })
    expect(asked).toBe(2)
  }
)
