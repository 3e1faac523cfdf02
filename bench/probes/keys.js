// Heap per cached token, and what a look-up costs among that many keys. Tokens come from a `fetch` of ours, without a network.
import { createTokenClient } from '../../dist/index.js'
import { awaitEach } from '../support/loops.js'
import { takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'
import { makeToken } from '../support/token.js'

const keys = Number(process.argv[2])
const life = 43_200
let serial = 0

async function answer() {
  const token = makeToken({ serial: ++serial, life })
  return Response.json({ access_token: token, token_type: 'Bearer', expires_in: life })
}

const tokens = createTokenClient({
  tokenEndpoint: 'https://login.internal/token',
  clientId: 'orders',
  clientSecret: 'secret',
  fetch: answer
})
const scopes = Array.from({ length: keys }, (_, index) => `tenant-${index}`)
await tokens.getToken() // what is loaded for the first token belongs to none

const before = await settledHeap()
for (let start = 0; start < keys; start += 500) {
  await Promise.all(scopes.slice(start, start + 500).map((scope) => tokens.getToken({ scope })))
}
const bytes = ((await settledHeap()) - before) / keys

let turn = 0
const lookUp = () => tokens.getToken({ scope: scopes[turn++ % keys] })
const { times } = await takeTurns({ times: (count) => awaitEach(lookUp, count) }, { turns: 40 })
console.log(JSON.stringify({ bytes, nanoseconds: median(times), requests: serial }))
await tokens.close()

async function settledHeap() {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}
