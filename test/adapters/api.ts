import { underPolicy } from '../../src/bearer/policies.ts'
import { routeTable } from '../../src/bearer/routes.ts'
import type { TokenClient, TokenClientEvents } from '../../src/index.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { type Answer, type ResourceServer, resourceServer } from '../support/resource-server.ts'
import { type Road, road } from '../support/road.ts'
import { type TestTokens, testTokens, unobserved } from '../support/tokens.ts'

type Rejected = TokenClientEvents['rejected']

export interface Api extends Road {
  readonly api: ResourceServer
  /** The one token that the API refuses. */
  readonly refused: string
  readonly rejections: readonly Rejected[]
}

/** A token client whose token the API refuses: a good adapter gets another one and repeats the call, once. */
export async function refusingApi(answer?: Answer): Promise<Api> {
  const made = await road()
  const { authorization: refused } = await made.tokens.getToken()
  await made.clock.advance(1000)
  const rejections = rejectionsOf(made.tokens)
  const api = await resourceServer((received, response) => {
    if (answer !== undefined) return answer(received, response)
    if (received.authorization === undefined || received.authorization === refused)
      return response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('refused')
    return response.end(received.body === '' ? received.url : received.body)
  })
  return { ...made, api, refused, rejections }
}

/** A client that gets a new token after every refusal, without limit. */
export function generous(origin: string, warm = true): { readonly client: TokenClient; readonly tokens: TestTokens } {
  const request = tokenRequest({})
  const tokens = testTokens({ warm: warm ? [request] : [] })
  const spending = { source: tokens, routes: routeTable([{ origin, request }]), ...unobserved }
  return { client: { [underPolicy]: () => spending } as unknown as TokenClient, tokens }
}

/** A client that gets no token from the authorization server. */
export async function withoutToken(): Promise<TokenClient> {
  const { tokens, server } = await road()
  server.faults.answer({ status: 400, body: { error: 'invalid_scope' } })
  return tokens
}

/** A client that waits for its token. */
export async function waiting(): Promise<TokenClient> {
  const { tokens, server } = await road()
  server.faults.hang()
  return tokens
}

export function rejectionsOf(tokens: TokenClient): Rejected[] {
  const rejections: Rejected[] = []
  tokens.on('rejected', (event) => rejections.push(event))
  return rejections
}
