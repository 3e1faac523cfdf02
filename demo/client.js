import { createTokenClient } from 'service-token-client'

export function connect({ issuer, credentials, users }) {
  const tokens = createTokenClient({
    issuer,
    ...credentials,
    scope: ['read_user'],
    refresh: { surviveOutage: 6_000 }
  })
  const callUsers = tokens.createFetch({ origins: [users.origin] })
  return { tokens, callUsers }
}
