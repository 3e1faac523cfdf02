// Processor time of a whole request over real HTTP: with a token of that client, over undici with a constant header.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Agent } from 'undici'
import { ratio, takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'
import { makeToken } from '../support/token.js'
import { startTokenServer } from '../support/token-server.js'

const concurrency = 20
const [name, turns] = process.argv.slice(2)
const resourceServer = fork(fileURLToPath(new URL('./resource-server.js', import.meta.url)))
const [origin] = await once(resourceServer, 'message')
const tokenServer = await startTokenServer()
const client = (await import(`../clients/${name}.js`)).create(tokenServer)
await client.token()

const agent = new Agent({ connections: concurrency, pipelining: 1 })
const authorization = `Bearer ${makeToken({ serial: 1, life: 43_200 })}`
const composed = client.interceptor && agent.compose(client.interceptor(origin))

const send = {
  constant: () => get(agent, { authorization }),
  client: composed
    ? () => get(composed, {})
    : async () => get(agent, { authorization: `Bearer ${client.value(await client.token())}` })
}
const loops = Object.fromEntries(Object.entries(send).map(([what, one]) => [what, (count) => manyAtOnce(one, count)]))
const { constant, client: measured } = await takeTurns(loops, { turns: Number(turns), slice: 40 })
console.log(JSON.stringify({ over: ratio(measured, constant), microseconds: median(measured) / 1000 }))
await agent.close()
await client.close()
tokenServer.close()
resourceServer.disconnect()

async function get(dispatcher, headers) {
  const { statusCode, body } = await dispatcher.request({ origin, path: '/users/42', method: 'GET', headers })
  await body.dump()
  if (statusCode !== 200) throw new Error(`The resource server answered ${statusCode}.`)
}

async function manyAtOnce(one, count) {
  let left = count
  const worker = async () => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}
