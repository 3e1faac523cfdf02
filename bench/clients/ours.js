import { createTokenClient } from '../../dist/index.js'

export const refresh = { share: 0.6 } // of a short life; more of a long one

export function create({ tokenEndpoint }, options = {}) {
  const tokens = createTokenClient({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret', ...options })
  return {
    tokens,
    token: () => tokens.getToken(),
    value: ({ value }) => value,
    interceptor: (origin) => tokens.interceptor({ origins: [origin] }),
    close: () => tokens.close()
  }
}
