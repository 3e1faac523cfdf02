import { doesIdentityRequireRefresh, isIdentityExpired, memoizeIdentityProvider } from '@smithy/core'

export const refresh = { ahead: 300 }

export function create({ tokenEndpoint }) {
  async function identity() {
    const response = await fetch(tokenEndpoint, { method: 'POST', body: 'grant_type=client_credentials' })
    if (!response.ok) throw new Error(`The token endpoint answered ${response.status}.`)
    const { access_token: token, expires_in } = await response.json()
    return { token, expiration: new Date(Date.now() + expires_in * 1000) }
  }
  const provider = memoizeIdentityProvider(identity, isIdentityExpired, doesIdentityRequireRefresh)
  return { token: () => provider(), value: ({ token }) => token, close() {} }
}
