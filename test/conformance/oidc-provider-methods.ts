import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import Provider from 'oidc-provider'
import { type Identity, jwksOf, type Way } from '../support/every-method.ts'

/** node-oidc-provider over https, with a private authority, and a client for each way of client authentication; its id is the name of the way. */
export async function startOidcProviderForMethods(identity: Identity, ways: readonly Way[]) {
  const { server: own, ca } = identity
  // TLS accepts any client certificate. The provider checks it by the client's method.
  const tls = { ...own, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
  const server = createServer(tls).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = ways.map((way) => ({
    client_id: way.name,
    token_endpoint_auth_method: way.method,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    ...credentialsFor(way.method, identity)
  }))
  server.on('request', new Provider(issuer, configuration(clients)).callback())
  return {
    issuer,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

function credentialsFor(method: string, identity: Identity): object {
  if (method.startsWith('client_secret')) return { client_secret: identity.secret }
  if (method === 'private_key_jwt') return { jwks: jwksOf(identity) }
  const bound = { tls_client_certificate_bound_access_tokens: true }
  if (method === 'tls_client_auth') return { ...bound, tls_client_auth_subject_dn: 'CN=orders' }
  const { raw, publicKey } = new X509Certificate(identity.selfSigned.cert)
  const jwk = { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] }
  return { ...bound, jwks: { keys: [jwk] } }
}

interface Context {
  readonly socket: TLSSocket
}

function configuration(clients: readonly object[]): object {
  return {
    clients,
    scopes: ['read_user'],
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth'
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        tlsClientAuth: true,
        getCertificate: ({ socket }: Context) => socket.getPeerX509Certificate(),
        certificateAuthorized: ({ socket }: Context) => socket.authorized,
        certificateSubjectMatches: ({ socket }: Context, _: string, expected: string) =>
          socket.getPeerX509Certificate()?.subject === expected
      }
    }
  }
}
