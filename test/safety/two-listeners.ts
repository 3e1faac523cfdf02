import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BearerInterceptor } from '../../src/bearer/bearer-interceptor.ts'
import { bearerFetch } from '../../src/bearer/fetch.ts'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import { bearerInterceptor } from '../../src/bearer/interceptor.ts'
import { underPolicy } from '../../src/bearer/policies.ts'
import { routeTable } from '../../src/bearer/routes.ts'
import type { TokenClient } from '../../src/index.ts'
import type { Prover } from '../../src/token/prover.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { type TestTokens, testTokens, unobserved } from '../support/tokens.ts'
import { undici } from '../support/undici.ts'

/** A redirect: status and the URL it points to. */
export type Hop = readonly [status: number, location: string]

/** What a listener saw of one request. */
export interface Sighting {
  readonly listener: 'first' | 'second'
  readonly host: string
  readonly authorization: string | undefined
  /** Whether a proof came with it. */
  readonly hasProof: boolean
  /** The chain of redirects has left the policy, and this way of sending promises no token after that. */
  readonly isTainted: boolean
}

export interface Listeners {
  /** The one origin of the policy, `http://users.internal:<port>`. */
  readonly allowed: string
  readonly ports: { readonly first: number; readonly second: number }
  readonly interceptor: BearerInterceptor
  readonly tokens: TestTokens
  readonly sightings: readonly Sighting[]
  /** An Agent that finds every name on this machine. */
  agent(): InstanceType<typeof undici.Agent>
  fetchWithToken(base: Fetch): Fetch
  /** For the adapters, which ask it for nothing but its policy's routes and tokens. */
  readonly client: TokenClient
  close(): Promise<void>
}

type Found = (error: null, found: unknown, family?: number) => void

/** Every name leads to this machine, so that a host that no policy names is reached, too, if somebody sends there. */
function lookup(_name: string, { all }: { readonly all?: boolean }, found: Found): void {
  if (all) found(null, [{ address: '127.0.0.1', family: 4 }])
  else found(null, '127.0.0.1', 4)
}

/** Connection options for dispatchers. */
export const onThisMachine = { lookup } as object

/** Two listeners. A token and its proof may be seen by the first, and only in a request for the one origin of the policy. */
export async function listen(prover?: Prover): Promise<Listeners> {
  const sightings: Sighting[] = []
  const listener = (name: Sighting['listener']) =>
    createServer((request, response) => {
      const { host = '', authorization, dpop } = request.headers
      const plan = planIn(request.url ?? '/')
      const shown = { authorization, hasProof: dpop !== undefined }
      sightings.push({ listener: name, host, ...shown, isTainted: plan.hasPassed === true })
      answer(request, response, name === 'first' && isAllowed(host) ? plan : { ...plan, hasPassed: plan.isStrict })
    })
  const isAllowed = (host: string) => host.toLowerCase() === new URL(allowed).host
  const servers = [listener('first'), listener('second')] as const
  const first = await start(servers[0])
  const second = await start(servers[1])
  const allowed = `http://users.internal:${first}`
  const request = tokenRequest({})
  const tokens = testTokens({ warm: [request], prover })
  const options = { source: tokens, routes: routeTable([{ origin: allowed, request }]), ...unobserved }
  return {
    allowed,
    ports: { first, second },
    interceptor: bearerInterceptor(options),
    tokens,
    sightings,
    agent: () => new undici.Agent({ connect: onThisMachine }),
    fetchWithToken: (baseFetch) => bearerFetch({ ...options, baseFetch }),
    client: { [underPolicy]: () => options } as unknown as TokenClient,
    close: async () => {
      for (const server of servers) server.close().closeAllConnections()
    }
  }
}

/** A token or a proof that was seen where it must not be. */
export function leaks({ sightings, allowed }: Listeners): Sighting[] {
  const { host } = new URL(allowed)
  return sightings.filter(
    ({ authorization = '', hasProof, listener, isTainted, ...seen }) =>
      (hasProof || /^(Bearer|DPoP) /.test(authorization)) &&
      (listener !== 'first' || seen.host.toLowerCase() !== host || isTainted)
  )
}

interface Plan {
  readonly hops: readonly Hop[]
  /** Whoever sends shows no token once the chain has passed a place outside the policy. */
  readonly isStrict?: boolean | undefined
  readonly hasPassed?: boolean | undefined
}

/** A path that sends its visitor through these hops. */
export function pathThrough(hops: readonly Hop[], isStrict?: boolean): string {
  return pathOf({ hops, isStrict })
}

function pathOf(plan: Plan): string {
  return `/${Buffer.from(JSON.stringify(plan)).toString('base64url')}`
}

/** Follows the plan in the path; at its end 401, which tempts a client to send something better, a token or a proof. */
function answer({ url = '/' }: IncomingMessage, response: ServerResponse, { hops, ...plan }: Plan): void {
  const [hop, ...rest] = hops
  if (hop === undefined) {
    const challenge = { 'www-authenticate': 'Bearer, DPoP error="use_dpop_nonce"', 'dpop-nonce': 'tempting' }
    response.writeHead(url.startsWith('/401') ? 401 : 200, challenge).end()
    return
  }
  const [status, location] = hop
  const there = Buffer.from(location).toString('latin1') // a look-alike letter takes two bytes
  response.writeHead(status, { location: there + pathOf({ ...plan, hops: rest }) }).end()
}

function planIn(url: string): Plan {
  try {
    return JSON.parse(Buffer.from(url.slice(1), 'base64url').toString()) as Plan
  } catch {
    return { hops: [] }
  }
}

function start(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
