import { TokenProvider } from 'auth0'
import { onLoopback } from '../support/https-on-loopback.js'

export const refresh = { ahead: 10 }

export function create({ tokenEndpoint }) {
  const fetch = onLoopback(tokenEndpoint)
  const options = { domain: 'login.internal', clientId: 'orders', clientSecret: 'secret', audience: 'users', fetch }
  const provider = new TokenProvider(options)
  return { token: () => provider.getAccessToken(), value: (token) => token, close() {} }
}
