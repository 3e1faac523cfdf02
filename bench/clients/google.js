import { OAuth2Client } from 'google-auth-library'

export const refresh = { ahead: 300 }

export function create({ tokenEndpoint }) {
  const client = new OAuth2Client()
  client.refreshHandler = async () => {
    const response = await fetch(tokenEndpoint, { method: 'POST', body: 'grant_type=client_credentials' })
    if (!response.ok) throw new Error(`The token endpoint answered ${response.status}.`)
    const { access_token, expires_in } = await response.json()
    return { access_token, expiry_date: Date.now() + expires_in * 1000 }
  }
  return { token: () => client.getAccessToken(), value: ({ token }) => token, close() {} }
}
