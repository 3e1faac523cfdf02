// Clients whose tokens come from a `fetch` of ours, without a network.
import { createTokenClient } from '../../dist/index.js'
import { makeToken } from './token.js'

const life = 43_200

/** Token requests that all of these clients have made. */
export let requests = 0

async function answer() {
  const token = makeToken({ serial: ++requests, life })
  return Response.json({ access_token: token, token_type: 'Bearer', expires_in: life })
}

export function emptyClient() {
  const tokenEndpoint = 'https://login.internal/token'
  return createTokenClient({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret', fetch: answer })
}

export function scopesOf(count) {
  return Array.from({ length: count }, (_, index) => `tenant-${index}`)
}

/** A client with a token for each of these scopes. */
export async function filledClient(scopes) {
  const tokens = emptyClient()
  for (let start = 0; start < scopes.length; start += 500)
    await Promise.all(scopes.slice(start, start + 500).map((scope) => tokens.getToken({ scope })))
  return tokens
}
