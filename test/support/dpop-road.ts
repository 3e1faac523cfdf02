import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeJwt } from 'jose'
import { expect, onTestFinished } from 'vitest'
import {
  type AuthorizationServerOptions,
  type ClientRegistration,
  startAuthorizationServer
} from '../../src/authorization-server/index.ts'
import { createTokenClient, type TokenClientOptions } from '../../src/index.ts'
import { type AccessTokenVerifierOptions, accessTokenVerifier, answerFor } from '../../src/resource-server/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { listen } from './road.ts'

export const clientId = 'orders'
export const clientSecret = 'marker-secret'
export const audience = 'https://users.internal'

export interface DpopRoadOptions {
  readonly client?: Partial<TokenClientOptions>
  readonly registration?: Partial<ClientRegistration>
  readonly server?: Partial<AuthorizationServerOptions>
  /** Milliseconds by which the client's clock is ahead. */
  readonly ahead?: number
}

/** A client that asks for DPoP tokens, and a development server that gives this client nothing else. */
export async function dpopRoad({ client, registration, server: serverOptions, ahead = 0 }: DpopRoadOptions = {}) {
  const clock = manualClock()
  const orders = { clientId, clientSecret, scope: ['read', 'write'], audience: [audience], dpop: 'required' } as const
  const server = await startAuthorizationServer({
    ...{ clock, clients: [{ ...orders, ...registration } as ClientRegistration] },
    ...serverOptions
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

/** A request as a service has received it. */
export interface SeenCall {
  readonly method: string | undefined
  readonly url: string | undefined
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
      const { method, url, headers } = request
      seen.push({ method, url, headers, body, status: response.statusCode, proof: claimsOf(request) })
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
