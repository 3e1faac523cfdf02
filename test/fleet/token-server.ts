import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A token endpoint that counts. */
export interface TokenServer {
  readonly tokenEndpoint: string
  /** When each token request came, in ms. */
  readonly requests: number[]
  /** Values that were given, the first first. */
  readonly given: string[]
  /** How it answers from now on. */
  answer(by: (response: ServerResponse, give: () => void) => void): void
}

/** @param life seconds */
export async function tokenServer(life: number): Promise<TokenServer> {
  const requests: number[] = []
  const given: string[] = []
  let by = (_: ServerResponse, give: () => void) => give()
  const server: Server = createServer((request, response) => {
    requests.push(performance.now())
    request.resume().on('end', () => by(response, () => give(response)))
  })

  function give(response: ServerResponse): void {
    given.push(`token-${given.length + 1}`)
    const body = { access_token: given.at(-1), token_type: 'Bearer', expires_in: life }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    tokenEndpoint: `http://127.0.0.1:${port}/token`,
    requests,
    given,
    answer(given) {
      by = given
    }
  }
}
