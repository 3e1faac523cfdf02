// No token, and the server answers 503 for three seconds: what is sent meanwhile, and how long the first token takes from then on.
import { realTime } from '../support/time.js'
import { startTokenServer } from '../support/token-server.js'
import { countUnhandledRejections, traffic } from '../support/traffic.js'

const down = 3
const patience = 6
const [name, runs] = process.argv.slice(2)
const { create } = await import(`../clients/${name}.js`)
const unhandled = countUnhandledRejections()
const results = await Promise.all(Array.from({ length: Number(runs) }, once))
console.log(JSON.stringify({ runs: results, ...unhandled }))

async function once() {
  const server = await startTokenServer()
  server.status = 503
  const client = create(server)
  let firstSuccess
  const call = () =>
    client.token().then(() => {
      firstSuccess ??= realTime()
    })

  await traffic(call, { perSecond: 100, seconds: down })
  const requests = server.requests
  server.status = 200
  const back = realTime()
  while (firstSuccess === undefined && realTime() - back < patience * 1000) {
    await traffic(call, { perSecond: 100, seconds: 0.05 })
  }
  await client.close()
  server.close()
  return { requests, milliseconds: firstSuccess === undefined ? null : firstSuccess - back }
}
