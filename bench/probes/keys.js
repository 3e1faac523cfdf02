// Heap per cached token. Tokens come from a `fetch` of ours, without a network.
import { filledClient, requests, scopesOf } from '../support/filled-client.js'
import { settledHeap } from '../support/settled-heap.js'

const keys = Number(process.argv[2])
const scopes = scopesOf(keys)

await (await filledClient(scopes.slice(0, 2000))).close() // code that has run hot takes memory too, but no token's
const before = await settledHeap()
const tokens = await filledClient(scopes)
const bytes = ((await settledHeap()) - before) / keys

console.log(JSON.stringify({ bytes, requests }))
await tokens.close()
