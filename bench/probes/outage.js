// 100 calls a second while the server answers 503 for three seconds; the token is due for its refresh and still good.
import { secondsLeftWhenDue } from '../support/refresh.js'
import { quantile } from '../support/statistics.js'
import { passTime } from '../support/time.js'
import { startTokenServer } from '../support/token-server.js'
import { countUnhandledRejections, traffic } from '../support/traffic.js'

const life = 3600
const [name] = process.argv.slice(2)
const { refresh, create } = await import(`../clients/${name}.js`)
const unhandled = countUnhandledRejections()
const server = await startTokenServer({ life })
const client = create(server)
await client.token()
passTime((life - secondsLeftWhenDue(refresh)) * 1000)
server.status = 503

const calls = await traffic(client.token, { perSecond: 100, seconds: 3 })
console.log(
  JSON.stringify({
    calls: calls.length,
    failures: calls.filter(({ failed }) => failed).length,
    requests: server.requests - 1,
    p99: quantile(
      calls.map(({ milliseconds }) => milliseconds),
      0.99
    ),
    ...unhandled
  })
)
await client.close()
server.close()
