import { once } from 'node:events'
import { createServer } from 'node:http'
import { accessTokenOf, accessTokenVerifier, requireToken } from 'service-token-client/resource-server'

/**
 * A service on a free port of this machine. `routes` maps 'GET /users' to `{ rule, handle }`: nobody comes to a handler without a token
 * for this service that the rule allows, and what has no rule is not there.
 */
export async function startService({ name, issuer, routes }) {
  const verifier = accessTokenVerifier({ issuer, audience: name })
  const guarded = new Map(
    Object.entries(routes).map(([route, { rule, handle }]) => [route, { guard: requireToken(verifier, rule), handle }])
  )

  const callers = new Map()

  const server = createServer((request, response) => {
    const route = guarded.get(`${request.method} ${request.url}`)
    if (route === undefined) return response.writeHead(404).end()
    route.guard(request, response, () => {
      const { clientId } = accessTokenOf(request)
      callers.set(clientId, (callers.get(clientId) ?? 0) + 1)
      answer(route.handle, request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    name,
    /** Who was let in, as `caller → service`, and how often. */
    seen: () => Array.from(callers, ([caller, calls]) => [`${caller} → ${name}`, calls]),
    async close() {
      await verifier.close()
      server.closeAllConnections()
      server.close()
    }
  }
}

async function answer(handle, request, response) {
  try {
    const { status = 200, ...body } = await handle(request)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  } catch (error) {
    // No token is available for the call to the other service, or that service is not reachable.
    response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ error: error.code }))
  }
}
