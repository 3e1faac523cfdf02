// 200 calls a second while a refresh is due every five seconds and the server takes 300 ms for each.
import { lifeDueAfter } from '../support/refresh.js'
import { quantile } from '../support/statistics.js'
import { startTokenServer } from '../support/token-server.js'
import { countUnhandledRejections, traffic } from '../support/traffic.js'

const blockedFrom = 100
const [name, seconds] = process.argv.slice(2)
const { refresh, create } = await import(`../clients/${name}.js`)
const unhandled = countUnhandledRejections()
const server = await startTokenServer({ life: lifeDueAfter(5, refresh) })
const client = create(server)
await client.token()
server.delay = 300

const calls = await traffic(client.token, { perSecond: 200, seconds: Number(seconds) })
const times = calls.map(({ milliseconds }) => milliseconds)
console.log(
  JSON.stringify({
    calls: calls.length,
    blocked: times.filter((milliseconds) => milliseconds >= blockedFrom).length,
    failures: calls.filter(({ failed }) => failed).length,
    p999: quantile(times, 0.999),
    worst: Math.max(...times),
    refreshes: server.requests - 1,
    ...unhandled
  })
)
await client.close()
server.close()
