// Heap per cached token. Tokens come from a `fetch` of ours, without a network.
import { createTokenClient } from '../../dist/index.js'
import { makeToken } from '../support/token.js'

const keys = Number(process.argv[2])
const life = 43_200
let serial = 0

async function answer() {
  const token = makeToken({ serial: ++serial, life })
  return Response.json({ access_token: token, token_type: 'Bearer', expires_in: life })
}

const scopes = Array.from({ length: keys }, (_, index) => `tenant-${index}`)

async function filledClient(count) {
  const tokens = createTokenClient({
    tokenEndpoint: 'https://login.internal/token',
    clientId: 'orders',
    clientSecret: 'secret',
    fetch: answer
  })
  for (let start = 0; start < count; start += 500) {
    await Promise.all(scopes.slice(start, Math.min(start + 500, count)).map((scope) => tokens.getToken({ scope })))
  }
  return tokens
}

await (await filledClient(Math.min(keys, 2000))).close() // code that has run hot takes memory too, but no token's
const before = await settledHeap()
const tokens = await filledClient(keys)
const bytes = ((await settledHeap()) - before) / keys

console.log(JSON.stringify({ bytes, requests: serial }))
await tokens.close()

async function settledHeap() {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}
