import { kindOf, wrong } from '../wrong-option.ts'

/** The part of a token client that a probe needs. */
interface Probed {
  health(): { readonly state: string }
}

/** The part of `ServerResponse` of node:http and Express that is used. */
interface NodeResponse {
  readonly headersSent?: boolean
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown }
}

/** The part of a reply of Fastify that is used. */
interface FastifyReply {
  readonly sent?: boolean
  code(status: number): { headers(headers: Record<string, string>): { send(body: string): unknown } }
}

/** Answers a probe, as a handler of node:http, Express or Fastify. */
export type HealthHandler = (request: unknown, response: NodeResponse | FastifyReply) => void

const notReady: readonly string[] = ['warming', 'failed', 'closed']
const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/**
 * Answers 200 while every client has a token or needs none, and 503 otherwise. The body is `{ ready, clients }` as JSON: the health of each client in the given order.
 * It contains no token and no secret, but scopes and audiences, so serve it to probes and not to the public.
 * Throws ClientConfigurationError if an argument is not a token client.
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
