import { allowInsecureRequests, ClientSecretBasic, Configuration, clientCredentialsGrant } from 'openid-client'

export function create({ tokenEndpoint }) {
  const server = { issuer: new URL(tokenEndpoint).origin, token_endpoint: tokenEndpoint }
  const configuration = new Configuration(server, 'orders', 'secret', ClientSecretBasic('secret'))
  allowInsecureRequests(configuration)
  return {
    token: () => clientCredentialsGrant(configuration),
    value: ({ access_token: token }) => token,
    close() {}
  }
}
