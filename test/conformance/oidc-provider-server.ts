import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider from 'oidc-provider'

export interface ProviderClient {
  readonly clientId: string
  readonly clientSecret: string
  readonly method: 'client_secret_basic' | 'client_secret_post'
}

export interface ProviderServer extends AsyncDisposable {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  /** What the server itself says of a token (RFC 7662). The client that asks must authenticate with `client_secret_post`. */
  introspect(token: string, { clientId, clientSecret }: ProviderClient): Promise<Record<string, unknown>>
}

/** A resource whose tokens are JWTs, and one whose tokens are opaque. */
export const resources = { jwt: 'https://jwt.example/', opaque: 'https://opaque.example/' }

/** Resources whose tokens are signed in other ways. */
export const signedResources = { ES256: 'https://es256.example/', EdDSA: 'https://eddsa.example/' }

/** node-oidc-provider on loopback: `read_user` and `write_user` at the server, only `read_user` at a resource. */
export async function startOidcProvider(
  clients: readonly ProviderClient[],
  features: object = {}
): Promise<ProviderServer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.on('request', new Provider(issuer, configuration(clients, await signingKeys(), features)).callback())
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    jwksUri: `${issuer}/jwks`,
    async introspect(token, { clientId, clientSecret }) {
      const body = new URLSearchParams({ token, client_id: clientId, client_secret: clientSecret })
      const response = await fetch(`${issuer}/token/introspection`, { method: 'POST', body })
      return (await response.json()) as Record<string, unknown>
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

function signingKeys(): Promise<JWK[]> {
  return Promise.all(
    ['RS256', 'ES256', 'EdDSA'].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true })
      return { ...(await exportJWK(privateKey)), use: 'sig' }
    })
  )
}

function configuration(clients: readonly ProviderClient[], keys: readonly JWK[], features: object): object {
  return {
    jwks: { keys },
    clients: clients.map(({ clientId, clientSecret, method }) => ({
      client_id: clientId,
      client_secret: clientSecret,
      token_endpoint_auth_method: method,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: []
    })),
    scopes: ['read_user', 'write_user'],
    ttl: { ClientCredentials: 43_200 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: { enabled: true, defaultResource: () => undefined, getResourceServerInfo: resourceServer },
      ...features
    }
  }
}

function resourceServer(_context: unknown, resource: string): object {
  const [alg = 'RS256'] = Object.entries(signedResources).find(([, signed]) => signed === resource) ?? []
  const format =
    resource === resources.opaque
      ? { accessTokenFormat: 'opaque' }
      : { accessTokenFormat: 'jwt', jwt: { sign: { alg } } }
  return { scope: 'read_user', audience: resource, accessTokenTTL: 43_200, ...format }
}
