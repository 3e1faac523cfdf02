// Many callers at once: with no token, in the refresh window, and after the token's end.
import { secondsLeftWhenDue } from '../support/refresh.js'
import { passTime, realTime } from '../support/time.js'
import { startTokenServer } from '../support/token-server.js'

const life = 3600
const [name, callers] = process.argv.slice(2)
const { refresh, create } = await import(`../clients/${name}.js`)
const server = await startTokenServer({ life, delay: 50 })
await aloneWithout() // loads what a first token loads; the bench of the cold start counts that
const flight = await aloneWithout()
const client = create(server)

const cold = await stampede()
passTime((life - secondsLeftWhenDue(refresh)) * 1000)
const window = await stampede()
await new Promise((resolve) => setTimeout(resolve, 200)) // a refresh behind the callers' backs
passTime(life * 2000)
const expired = await stampede()
console.log(JSON.stringify({ flight, cold, window, expired }))
await client.close()
server.close()

/** One caller without a token, and nobody else. */
async function aloneWithout() {
  const lonely = create(server)
  const milliseconds = await timeOf(lonely.token)
  await lonely.close()
  return milliseconds
}

async function stampede() {
  const before = server.requests
  let failures = 0
  const call = () => client.token().catch(() => failures++)
  const milliseconds = await timeOf(() => Promise.all(Array.from({ length: Number(callers) }, call)))
  await new Promise((resolve) => setTimeout(resolve, 200))
  return { requests: server.requests - before, milliseconds, failures }
}

async function timeOf(work) {
  const start = realTime()
  await work()
  return realTime() - start
}
