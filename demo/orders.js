import { createServer } from 'node:http'
import { Agent, request } from 'undici'
import { listen } from './listen.js'

/** A service that needs the users service for its answers. That a token travels along is told in one line. */
export async function startOrders({ tokens, users }) {
  const agent = new Agent().compose(tokens.interceptor({ origins: [users.origin] }))

  const server = createServer(async ({ method }, response) => {
    const answer = await request(`${users.origin}/users/42`, { method, dispatcher: agent })
    response.writeHead(answer.statusCode, { 'x-reason': answer.headers['www-authenticate'] ?? '' })
    response.end(await answer.body.text())
  })

  const { origin, close } = await listen(server)
  return { origin, close: () => Promise.all([close(), agent.close()]) }
}
