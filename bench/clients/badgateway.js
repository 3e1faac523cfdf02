import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client'

export const refresh = { ahead: 0 }

export function create({ tokenEndpoint }) {
  const client = new OAuth2Client({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
  const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials() })
  return { token: () => wrapper.getAccessToken(), value: (token) => token, close() {} }
}
