// One instance of a fleet, as a process or a worker thread of its own. It runs in the folder of a built package and does what its parent says.
import { parentPort, workerData } from 'node:worker_threads'
import { createClient } from 'redis'
import { createTokenClient, fileStore } from 'service-token-client'
import { redisStore } from 'service-token-client/redis'

const clients = await Promise.all(JSON.parse(workerData ?? process.argv[2]).map(connected))

async function connected({ tokenEndpoint, ...surroundings }) {
  const client = { tokenEndpoint, clientId: 'orders', clientSecret: 'secret' }
  return createTokenClient({ ...client, ...(await sharing(surroundings)) })
}

async function sharing({ redisPort, directory, sealingKey, shards }) {
  if (directory !== undefined) return { store: fileStore({ directory }), sealingKey }
  if (redisPort === undefined) return {}
  const redis = createClient({ url: `redis://127.0.0.1:${redisPort}`, disableOfflineQueue: true })
  redis.on('error', () => {}) // the client connects again by itself
  await redis.connect()
  return { store: redisStore({ command: (_key, args) => redis.sendCommand(args) }), sealingKey, shards }
}

/** Milliseconds that each call took, and how many failed. */
async function calls(tokens, { every, during }) {
  const times = []
  let failed = 0
  const end = performance.now() + during
  for (let began = performance.now(); began < end; began = performance.now()) {
    await tokens.getToken().catch(() => {
      failed += 1
    })
    times.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
  return { times, failed }
}

const orders = {
  async token() {
    return clients[0].getToken().then(
      ({ value }) => value,
      ({ code }) => code
    )
  },
  async calls(plan) {
    const all = await Promise.all(clients.map((tokens) => calls(tokens, plan)))
    return {
      times: all.flatMap(({ times }) => times),
      failed: all.reduce((sum, { failed }) => sum + failed, 0)
    }
  }
}

const say = (message) => (parentPort === null ? process.send(message) : parentPort.postMessage(message))
const parent = parentPort ?? process
parent.on('message', async ({ order, ...details }) => say(await orders[order](details)))
say('ready')
