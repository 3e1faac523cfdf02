// Twenty thousand refreshes, and the heap is where it was: a straight line is fitted to its size after each of many
// collections. Needs --expose-gc, and the client in dist.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { settledHeap } from '../bench/support/settled-heap.js'
import { createTokenClient } from '../dist/index.js'
import { manualClock } from '../dist/testing/index.js'

const refreshes = Number(process.argv[2] ?? 20_000)
const samples = 40
const warmUp = 0.2
const allowed = 20 // bytes for each refresh: the smallest thing that a refresh could leave is larger

const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(`{"access_token":"${crypto.randomUUID()}","token_type":"Bearer","expires_in":60}`)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

const clock = manualClock()
const tokens = createTokenClient({
  tokenEndpoint: `http://127.0.0.1:${server.address().port}/token`,
  clientId: 'orders',
  clientSecret: 'secret',
  clock
})
let refreshed = 0
tokens.on('refreshed', () => {
  refreshed += 1
})

/** Least squares. */
function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, size]) => size))]
  const over = points.reduce((sum, [at, size]) => sum + (at - x) * (size - y), 0)
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
}

const sizes = []
while (refreshed < refreshes) {
  await clock.advance(60_000)
  await tokens.getToken()
  if (refreshed >= (sizes.length / samples) * refreshes) sizes.push([refreshed, await settledHeap()])
}
await tokens.close()
server.close()
server.closeAllConnections()

const perRefresh = slope(sizes.filter(([at]) => at > warmUp * refreshes))
const megabytes = (sizes.at(-1)[1] / 1e6).toFixed(1)
console.log(`${refreshed} refreshes: ${perRefresh.toFixed(1)} bytes more for each, ${megabytes} MB at the end`)
process.exitCode = perRefresh <= allowed ? 0 : 1
