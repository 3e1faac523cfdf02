import { kindOf, wrong } from '../wrong-option.ts'

/** What a probe needs of a token client. */
interface Probed {
  health(): { readonly state: string }
}

/** What is used of `ServerResponse` of node:http, and of Express. */
interface NodeResponse {
  readonly headersSent?: boolean
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown }
}

/** What is used of a reply of Fastify. */
interface FastifyReply {
  readonly sent?: boolean
  code(status: number): { headers(headers: Record<string, string>): { send(body: string): unknown } }
}

/** Answers a probe, as a handler of node:http, Express or Fastify. */
export type HealthHandler = (request: unknown, response: NodeResponse | FastifyReply) => void

const notReady: readonly string[] = ['warming', 'failed', 'closed']
const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/**
 * Answers 200 while every client has a token or wants none, else 503, with `{ ready, clients }` as JSON: the health of each client in the order given.
 * It holds no token and no secret, but scopes and audiences: serve it where probes come from, not to the world.
 * Throws ClientConfigurationError for what is no token client.
 */
export function healthHandler(...clients: readonly Probed[]): HealthHandler {
  if (clients.length === 0)
    wrong('healthHandler', 'has no client', 'Give what createTokenClient() returns, once or more.')
  for (const client of clients) {
    if (typeof client?.health === 'function') continue
    wrong('healthHandler', `needs token clients, but got ${kindOf(client)}`, 'Give what createTokenClient() returns.')
  }
  return (_request, response) => {
    if (isAnswered(response)) return // by another middleware: to write a second head would throw, and end the process
    const healths = clients.map((client) => client.health())
    const ready = healths.every(({ state }) => !notReady.includes(state))
    const status = ready ? 200 : 503
    const body = JSON.stringify({ ready, clients: healths })
    if ('code' in response) response.code(status).headers(headers).send(body)
    else response.writeHead(status, headers).end(body)
  }
}

function isAnswered(response: NodeResponse | FastifyReply): boolean {
  return 'code' in response ? response.sent === true : response.headersSent === true
}
