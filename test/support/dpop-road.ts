import { generateKeyPairSync, randomUUID, sign as signBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeJwt } from 'jose'
import { expect, onTestFinished } from 'vitest'
import { type ClientRegistration, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { createTokenClient, type TokenClientOptions } from '../../src/index.ts'
import { type AccessTokenVerifierOptions, accessTokenVerifier, answerFor } from '../../src/resource-server/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { listen } from './road.ts'

export const clientId = 'orders'
export const clientSecret = 'marker-secret'
const audience = 'https://users.internal'

export interface DpopRoadOptions {
  readonly client?: Partial<TokenClientOptions>
  readonly registration?: Partial<ClientRegistration>
  /** Milliseconds by which the client's clock is ahead. */
  readonly ahead?: number
}

/** A client that asks for DPoP tokens, and a development server that gives this client nothing else. */
export async function dpopRoad({ client, registration, ahead = 0 }: DpopRoadOptions = {}) {
  const clock = manualClock()
  const orders = { clientId, clientSecret, scope: ['read', 'write'], audience: [audience], dpop: 'required' } as const
  const server = await startAuthorizationServer({
    clock,
    clients: [{ ...orders, ...registration } as ClientRegistration]
  })
  const tokens = createTokenClient({
    ...{ issuer: server.issuer, clientId, clientSecret, dpop: true },
    clock: ahead === 0 ? clock : { ...clock, wallTime: () => clock.wallTime() + ahead },
    ...client
  } as TokenClientOptions)
  onTestFinished(async () => {
    await tokens.close()
    await server.close()
  })
  return { clock, server, tokens, asked: () => server.requests.count('token') }
}

/** The same with a service that it may call, and what the client's listeners hear. */
export async function provenRoad(service: ProvenServiceOptions = {}, options: DpopRoadOptions = {}) {
  const { tokens, server, clock, asked } = await dpopRoad(options)
  const { origin, seen, statuses } = await provenService(server, clock, service)
  const events: { name: string; event: unknown }[] = []
  tokens.on('*', (name, event) => events.push({ name, event }))
  return { tokens, server, clock, asked, origin, seen, statuses, events, heard: () => events.map(({ name }) => name) }
}

/** A request as a service has received it. */
export interface SeenCall {
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly status: number
  /** The claims of its proof. */
  readonly proof: Readonly<Record<string, unknown>> | undefined
}

export interface ProvenServiceOptions {
  readonly verifier?: Partial<AccessTokenVerifierOptions>
  /** Demands nonces that count for one request each. */
  readonly oneUseNonces?: boolean
  /** Milliseconds by which its clock is ahead. */
  readonly ahead?: number
  /** Answers in place of the verifier; false leaves it to that. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse, seen: readonly SeenCall[]) => boolean
}

/** A service that demands nonces, which count for a while. */
export const demandingNonces = { verifier: { dpop: { tokens: 'required', nonces: true } } } as const

/** A service that has another nonce for each request, n1, n2 and so on, and takes none. */
export function neverContent(challenge: string): ProvenServiceOptions {
  let count = 0
  return {
    instead(_request, response) {
      count += 1
      response.writeHead(401, { 'www-authenticate': challenge, 'dpop-nonce': `n${count}` }).end('no')
      return true
    }
  }
}

/** A service outside the policy, and the headers that it received. */
export async function stranger() {
  const shown: unknown[] = []
  const origin = await listen((request, response) => {
    shown.push(request.headers.authorization, request.headers.dpop)
    response.end('strange')
  })
  return { origin, shown }
}

/** A service that sends `/old` to a place of its own, and `/away` to another origin. */
export function redirectingTo(other: string): ProvenServiceOptions {
  return {
    instead(request, response) {
      const location = { '/away': other, '/old': '/new' }[request.url ?? '']
      if (location !== undefined) response.writeHead(302, { location }).end()
      return location !== undefined
    }
  }
}

/** The option `dpop` for a key behind a signer, which works until it is told to fail. */
export function remoteSigner() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let works = true
  async function sign(bytes: Uint8Array) {
    if (!works) throw new Error('HSM')
    return signBytes('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  }
  const fail = () => {
    works = false
  }
  return { dpop: { alg: 'ES256', sign, publicKey } as const, fail }
}

/** A service that takes no token without a proof, by our own verifier. */
export async function provenService(
  { issuer }: { readonly issuer: string },
  clock: ManualClock,
  { verifier: options, oneUseNonces = false, ahead = 0, instead = () => false }: ProvenServiceOptions = {}
) {
  const seen: SeenCall[] = []
  const nonces = new Set<string>()
  const own = { ...clock, wallTime: () => clock.wallTime() + ahead }
  const verifier = accessTokenVerifier({ issuer, audience, clock: own, dpop: 'required', ...options })
  onTestFinished(() => verifier.close())

  async function judge(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await verifier.verify(request)
      if (oneUseNonces && !nonces.delete(String(claimsOf(request)?.nonce))) demandNonce(response)
      else response.writeHead(200).end('welcome')
    } catch (error) {
      const { status, headers, body } = answerFor(error)
      response.writeHead(status, headers).end(body)
    }
  }

  function demandNonce(response: ServerResponse): void {
    response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce", algs="ES256"' }).end()
  }

  const origin = await listen(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    response.on('finish', () => {
      const { headers } = request
      seen.push({ headers, body, status: response.statusCode, proof: claimsOf(request) })
    })
    response.setHeader('date', new Date(own.wallTime()).toUTCString())
    if (oneUseNonces) {
      const next = randomUUID()
      nonces.add(next)
      response.setHeader('dpop-nonce', next)
    }
    if (!instead(request, response, seen)) await judge(request, response)
  })
  onTestFinished(() => {
    const ids = seen.map(({ proof }) => proof?.jti).filter((id) => id !== undefined)
    expect(ids, 'a proof was sent twice').toHaveLength(new Set(ids).size)
  })
  return { origin, seen, statuses: () => seen.map(({ status }) => status) }
}

function claimsOf({ headers }: IncomingMessage) {
  return typeof headers.dpop === 'string' ? decodeJwt(headers.dpop) : undefined
}
