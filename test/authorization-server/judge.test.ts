import * as oauth from 'oauth4webapi'
import { expect, test } from 'vitest'
import { orders, serverForTest } from './server.ts'

// The server speaks plain HTTP on loopback.
const insecure = { [oauth.allowInsecureRequests]: true }
const client = { client_id: orders.clientId }

test.each([
  ['oauth2', 'ES256'],
  ['oidc', 'RS256']
] as const)(
  'A1 A9 A10 a client that others wrote discovers the server (%s), gets a token and verifies it',
  async (algorithm, signingAlgorithm) => {
    const { issuer } = await serverForTest({ signingAlgorithm })
    const found = await oauth.discoveryRequest(new URL(issuer), { algorithm, ...insecure })
    const server = await oauth.processDiscoveryResponse(new URL(issuer), found)
    for (const authentication of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
      const parameters = { scope: 'read_user', resource: 'https://users.internal' }
      const proof = authentication(orders.clientSecret)
      const sent = await oauth.clientCredentialsGrantRequest(server, client, proof, parameters, insecure)
      const answer = await oauth.processClientCredentialsResponse(server, client, sent)
      expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 43_200, scope: 'read_user' })
      const call = new Request('https://users.internal/', {
        headers: { authorization: `Bearer ${answer.access_token}` }
      })
      const claims = await oauth.validateJwtAccessToken(server, call, 'https://users.internal', {
        signingAlgorithms: [signingAlgorithm],
        ...insecure
      })
      expect(claims).toMatchObject({ sub: 'orders', client_id: 'orders', scope: 'read_user' })
    }
  }
)

test('A2 a client of another library understands the refusal', async () => {
  const { issuer, tokenEndpoint } = await serverForTest()
  const server = { issuer, token_endpoint: tokenEndpoint }
  const proof = oauth.ClientSecretBasic('wrong')
  const sent = await oauth.clientCredentialsGrantRequest(server, client, proof, {}, insecure)
  await expect(oauth.processClientCredentialsResponse(server, client, sent)).rejects.toMatchObject({
    cause: [{ scheme: 'basic', parameters: { charset: 'UTF-8' } }]
  })
})
