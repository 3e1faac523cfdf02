import { createServer } from 'node:http'
import { makeToken } from './token.js'

/**
 * A token endpoint that costs next to nothing: every POST gets a token of 914 bytes. `life` (seconds), `delay` (ms) and
 * `status` can be changed while it runs; `requests` counts.
 */
export async function startTokenServer({ life = 43_200, delay = 0 } = {}) {
  const state = { life, delay, status: 200, requests: 0 }

  const server = createServer((incoming, response) => {
    state.requests += 1
    incoming.resume()
    incoming.on('end', () => setTimeout(answer, state.delay, response, state.status))
  })

  function answer(response, status) {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    if (status !== 200) return response.end('{"error":"temporarily_unavailable"}')
    const token = makeToken({ serial: state.requests, life: state.life })
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: state.life }))
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', 16_384, resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return Object.assign(state, { origin, tokenEndpoint: `${origin}/oauth/token`, close })
}
