import { createServer } from 'node:http'
import { listen } from './listen.js'

/** A service that needs the users service for its answers. That a token travels along is the business of `callUsers`. */
export async function startOrders({ callUsers, users }) {
  const server = createServer(async ({ method }, response) => {
    try {
      const answer = await callUsers(`${users.origin}/users/42`, { method })
      response.writeHead(answer.status, { 'x-reason': answer.headers.get('www-authenticate') ?? '' })
      response.end(await answer.text())
    } catch {
      response.writeHead(502).end()
    }
  })
  return listen(server)
}
