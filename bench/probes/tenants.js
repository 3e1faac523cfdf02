// Heap per client of a tenant, each with a warm token of 914 bytes, and what a thousand of them ask of one authorization server.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createTokenClients } from '../../dist/index.js'
import { settledHeap } from '../support/settled-heap.js'
import { makeToken } from '../support/token.js'

const tenants = Number(process.argv[2])
const life = 43_200
const asked = { metadata: 0, tokens: 0 }
const connections = new Set()

const server = createServer((request, response) => {
  connections.add(request.socket)
  response.setHeader('content-type', 'application/json')
  if (request.method === 'GET') {
    asked.metadata += 1
    response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token` }))
    return
  }
  asked.tokens += 1
  const token = makeToken({ serial: asked.tokens, life })
  response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: life }))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`
const clients = createTokenClients((tenant) => ({ issuer, clientId: tenant, clientSecret: 'secret' }))

await warm('first', 200) // code that has run hot takes memory too, but no tenant's
const before = await settledHeap()
await warm('tenant', tenants)
const bytes = ((await settledHeap()) - before) / tenants

console.log(JSON.stringify({ bytes, metadata: asked.metadata, connections: connections.size }))
await clients.close()
server.close()
server.closeAllConnections()

async function warm(name, count) {
  for (let start = 0; start < count; start += 100) {
    const ids = Array.from({ length: Math.min(100, count - start) }, (_, index) => `${name}-${start + index}`)
    await Promise.all(ids.map((id) => clients.for(id).getToken()))
  }
}
