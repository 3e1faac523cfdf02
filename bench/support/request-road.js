import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Agent } from 'undici'
import { makeToken } from './token.js'
import { startTokenServer } from './token-server.js'

const concurrency = 20

/** Real requests, twenty at a time: with a constant header, and with a token of the client of that name. */
export async function requestRoad(name) {
  const resourceServer = fork(fileURLToPath(new URL('../probes/resource-server.js', import.meta.url)))
  const [origin] = await once(resourceServer, 'message')
  const tokenServer = await startTokenServer()
  const client = (await import(`../clients/${name}.js`)).create(tokenServer)
  await client.token()
  const agent = new Agent({ connections: concurrency, pipelining: 1 })
  const composed = client.interceptor && agent.compose(client.interceptor(origin))
  const authorization = `Bearer ${makeToken({ serial: 1, life: 43_200 })}`

  async function get(dispatcher, headers) {
    const { statusCode, body } = await dispatcher.request({ origin, path: '/users/42', method: 'GET', headers })
    await body.dump()
    if (statusCode !== 200) throw new Error(`The resource server answered ${statusCode}.`)
  }

  const withToken = composed
    ? () => get(composed, {})
    : async () => get(agent, { authorization: `Bearer ${client.value(await client.token())}` })

  return {
    constant: (count) => manyAtOnce(() => get(agent, { authorization }), count),
    client: (count) => manyAtOnce(withToken, count),
    async close() {
      await agent.close()
      await client.close()
      tokenServer.close()
      resourceServer.disconnect()
    }
  }
}

async function manyAtOnce(one, count) {
  let left = count
  const worker = async () => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}
