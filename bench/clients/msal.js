import { ConfidentialClientApplication } from '@azure/msal-node'
import { onLoopback } from '../support/https-on-loopback.js'

const authority = 'https://login.internal/tenant'

export const refresh = { ahead: 300 }

export function create({ tokenEndpoint }) {
  const send = async (url, { headers, body }) => {
    const response = await onLoopback(tokenEndpoint)(url, { method: 'POST', headers, body })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() }
  }
  const metadata = {
    issuer: authority,
    authorization_endpoint: `${authority}/authorize`,
    token_endpoint: `${authority}/token`,
    jwks_uri: `${authority}/keys`
  }
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: 'orders',
      clientSecret: 'secret',
      authority,
      knownAuthorities: ['login.internal'],
      authorityMetadata: JSON.stringify(metadata)
    },
    system: { networkClient: { sendPostRequestAsync: send, sendGetRequestAsync: send } }
  })
  return {
    token: () => application.acquireTokenByClientCredential({ scopes: ['users/.default'] }),
    value: ({ accessToken }) => accessToken,
    close() {}
  }
}
