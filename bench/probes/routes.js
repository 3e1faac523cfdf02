// The interceptor's extra nanoseconds with one origin, with a thousand, and with a thousand that all are used.
import { createTokenClient } from '../../dist/index.js'
import { ratio, takeTurns } from '../support/slices.js'
import { startTokenServer } from '../support/token-server.js'

const turns = Number(process.argv[2])
const origins = Array.from({ length: 1000 }, (_, index) => `https://users-${index}.internal`)
const [one] = origins
const server = await startTokenServer()
const tokens = createTokenClient({ tokenEndpoint: server.tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
await tokens.getToken()

const entrants = {
  one: { policy: { origins: [one] }, used: [one] },
  thousand: { policy: { origins }, used: [one] },
  all: { policy: { origins }, used: origins }
}
const loops = {}
for (const [name, { policy, used }] of Object.entries(entrants)) {
  const { callEach } = await import(`../support/loops.js?${name}`)
  const dispatch = tokens.interceptor(policy)(() => true)
  let next = 0
  const send = () => dispatch({ origin: used[next++ % used.length], path: '/users/42', method: 'GET' }, {})
  loops[name] = (count) => callEach(send, count)
}
const { one: base, thousand, all } = await takeTurns(loops, { turns })
console.log(JSON.stringify({ thousand: ratio(thousand, base), all: ratio(all, base) }))
await tokens.close()
server.close()
