import { onTestFinished } from 'vitest'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer
} from '../../src/authorization-server/index.ts'
import {
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  accessTokenVerifier
} from '../../src/resource-server/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { audience } from './issuer.ts'

export interface Road {
  readonly clock: ManualClock
  readonly server: AuthorizationServer
  readonly verifier: AccessTokenVerifier
  /** The `Authorization` of a new token of the client `orders`. */
  authorization(): Promise<string>
}

/** A development server whose tokens live for two days, and a verifier that finds it by its issuer; both on one clock. */
export async function road(
  options: Partial<AuthorizationServerOptions> = {},
  verifierOptions: Partial<AccessTokenVerifierOptions> = {}
): Promise<Road> {
  const clock = manualClock()
  const server = await startAuthorizationServer({
    clients: [
      { clientId: 'orders', clientSecret: 'orders-secret', scope: ['read_user'], audience: [audience] },
      { clientId: 'users', clientSecret: 'users-secret', scope: [] }
    ],
    accessTokenLifetime: 48 * 60 * 60 * 1000,
    clock,
    ...options
  })
  const verifier = accessTokenVerifier({ issuer: server.issuer, audience, clock, ...verifierOptions })
  onTestFinished(async () => {
    await verifier.close()
    await server.close()
  })
  return {
    clock,
    server,
    verifier,
    async authorization() {
      const form = { grant_type: 'client_credentials', client_id: 'orders', client_secret: 'orders-secret' }
      const response = await fetch(server.tokenEndpoint, { method: 'POST', body: new URLSearchParams(form) })
      const { access_token: token } = (await response.json()) as { access_token: string }
      return `Bearer ${token}`
    }
  }
}
