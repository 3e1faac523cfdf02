// Services that call for tokens as their parent says. It runs in the folder of a built package.
import { setTimeout as pass } from 'node:timers/promises'
import { createTokenClient } from 'service-token-client'

const [tokenEndpoint, count] = process.argv.slice(2)
// Clients of one process that name one server know of its illness together; to these it is many servers.
const clients = Array.from({ length: Number(count) }, (_, index) =>
  createTokenClient({ tokenEndpoint: `${tokenEndpoint}?service=${index}`, clientId: 'orders', clientSecret: 'secret' })
)
for (const tokens of clients) await tokens.getToken({ scope: 'another', maxWait: 60_000 }) // all that a token request needs is loaded

async function call({ scopes, perRound, rounds, every, maxWait }) {
  const before = process.cpuUsage()
  const calls = []
  let failed = 0
  const hasFailed = () => {
    failed += 1
  }
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < perRound; place += 1) {
      const scope = `scope-${(round * perRound + place) % scopes}`
      for (const tokens of clients) calls.push(tokens.getToken({ scope, maxWait }).catch(hasFailed))
    }
    await pass(every)
  }
  await Promise.all(calls)
  const { user, system } = process.cpuUsage(before)
  return { failed, processorTime: (user + system) / 1000 }
}

process.on('message', async (plan) => process.send(await call(plan)))
process.send('ready')
