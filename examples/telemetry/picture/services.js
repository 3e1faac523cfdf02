import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenClient } from 'service-token-client'
import { startAuthorizationServer } from 'service-token-client/authorization-server'
import { instrument } from 'service-token-client/opentelemetry'

const second = 1000

/** Two clients with tokens of one and of six minutes, which call a service once a second. */
export async function startServices(meterProvider) {
  const clients = [
    { clientId: 'orders', clientSecret: 'secret of orders', scope: ['read_user'], accessTokenLifetime: 60 * second },
    { clientId: 'billing', clientSecret: 'secret of billing', scope: ['read_user'], accessTokenLifetime: 360 * second }
  ]
  const authorizationServer = await startAuthorizationServer({ clients })
  let refused
  const users = createServer(({ headers }, response) => {
    response.writeHead(headers.authorization === refused ? 401 : 200, {
      'www-authenticate': 'Bearer error="invalid_token"'
    })
    response.end()
  })
  await new Promise((resolve) => users.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${users.address().port}`
  const running = clients.map(({ clientId, clientSecret }) => {
    const tokens = createTokenClient({ issuer: authorizationServer.issuer, clientId, clientSecret })
    const { stop } = instrument(tokens, { name: clientId, meterProvider })
    const call = tokens.createFetch({ origins: [origin] })
    const timer = setInterval(
      () =>
        call(origin)
          .then((response) => response.body?.cancel())
          .catch(() => {}),
      second
    )
    return { tokens, end: () => [clearInterval(timer), stop(), tokens.close()] }
  })
  await Promise.all(running.map(({ tokens }) => tokens.ready()))

  return {
    down: () => authorizationServer.faults.down(),
    up: () => authorizationServer.faults.clear(),
    /** The service refuses the token that `orders` has now. */
    async refuse() {
      refused = (await running[0].tokens.getToken()).authorization
      await sleep(5 * second)
    },
    async close() {
      await Promise.all(running.flatMap(({ end }) => end()))
      users.closeAllConnections()
      users.close()
      await authorizationServer.close()
    }
  }
}
