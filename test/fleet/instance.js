// One instance of a fleet, as a process or a worker thread of its own. It runs in the folder of a built package and does what its parent says.
import { parentPort, workerData } from 'node:worker_threads'
import { createClient, createCluster } from 'redis'
import { createTokenClient, fileStore } from 'service-token-client'
import { redisStore } from 'service-token-client/redis'

const clients = await Promise.all(JSON.parse(workerData ?? process.argv[2]).map(connected))
let stopped = false

async function connected({ tokenEndpoint, ...surroundings }) {
  const client = { tokenEndpoint, clientId: 'orders', clientSecret: 'secret' }
  const tokens = createTokenClient({ ...client, ...(await sharing(surroundings)) })
  const warnings = []
  tokens.on('warning', ({ message }) => warnings.push(message))
  return { tokens, warnings }
}

async function sharing({ redisPort, clusterPorts, directory, sealingKey, shards }) {
  if (directory !== undefined) return { store: fileStore({ directory }), sealingKey }
  const command = await (redisPort === undefined ? clusterCommand(clusterPorts) : engineCommand(redisPort))
  return command === undefined ? {} : { store: redisStore({ command }), sealingKey, shards }
}

async function engineCommand(port) {
  const redis = createClient({ url: `redis://127.0.0.1:${port}`, disableOfflineQueue: true })
  redis.on('error', () => {}) // the client connects again by itself
  await redis.connect()
  return (_key, args) => redis.sendCommand(args)
}

async function clusterCommand(ports) {
  if (ports === undefined) return undefined
  const cluster = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) })
  cluster.on('error', () => {})
  await cluster.connect()
  return (key, args) => cluster.sendCommand(key, false, args)
}

/** Milliseconds that each call took, how many failed, and which tokens they got, one after another. */
async function calls({ tokens, warnings }, { every, during = Number.POSITIVE_INFINITY }) {
  const times = []
  const seen = []
  const warned = warnings.length
  let failed = 0
  const end = performance.now() + during
  for (let began = performance.now(); began < end && !stopped; began = performance.now()) {
    await tokens.getToken().then(
      ({ value }) => value === seen.at(-1) || seen.push(value),
      () => {
        failed += 1
      }
    )
    times.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
  return { times, failed, seen, warnings: warnings.slice(warned) }
}

const orders = {
  async token() {
    return clients[0].tokens.getToken().then(
      ({ value }) => value,
      ({ code }) => code
    )
  },
  async calls(plan) {
    stopped = false
    return Promise.all(clients.map((client) => calls(client, plan)))
  }
}

const say = (message) => (parentPort === null ? process.send(message) : parentPort.postMessage(message))
const parent = parentPort ?? process
parent.on('message', async ({ order, ...details }) => {
  if (order === 'stop') stopped = true
  else say(await orders[order](details))
})
say('ready')
