// The interceptor's extra nanoseconds with one origin, with a thousand of which one is used or all are, and with a thousand paths of one origin.
import { createTokenClient } from '../../dist/index.js'
import { ratio, takeTurns } from '../support/slices.js'
import { startTokenServer } from '../support/token-server.js'

const turns = Number(process.argv[2])
const origins = Array.from({ length: 1000 }, (_, index) => `https://users-${index}.internal`)
const [one] = origins
const server = await startTokenServer()
const tokens = createTokenClient({ tokenEndpoint: server.tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
await tokens.getToken()

const rule = (index) => [`${one}/tenants/${index}/`, {}]
const paths = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => rule(index)))
const [first] = Object.keys(paths)

const entrants = {
  one: { policy: { origins: [one] }, used: [one] },
  thousand: { policy: { origins }, used: [one] },
  all: { policy: { origins }, used: origins },
  onePath: { policy: { routes: { [first]: {} } }, used: [one] },
  thousandPaths: { policy: { routes: paths }, used: [one] }
}
const loops = {}
for (const [name, { policy, used }] of Object.entries(entrants)) {
  const { callEach } = await import(`../support/loops.js?${name}`)
  const dispatch = tokens.interceptor(policy)(() => true)
  let next = 0
  const send = () => dispatch({ origin: used[next++ % used.length], path: '/tenants/0/users', method: 'GET' }, {})
  loops[name] = (count) => callEach(send, count)
}
const times = await takeTurns(loops, { turns })
console.log(
  JSON.stringify({
    thousand: ratio(times.thousand, times.one),
    all: ratio(times.all, times.one),
    paths: ratio(times.thousandPaths, times.onePath)
  })
)
await tokens.close()
server.close()
