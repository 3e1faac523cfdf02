import xssec from '@sap/xssec'

export const refresh = { ahead: 300 }

export function create({ tokenEndpoint }) {
  const service = new xssec.XsuaaService({
    clientid: 'orders',
    clientsecret: 'secret',
    url: new URL(tokenEndpoint).origin,
    uaadomain: 'uaa.internal',
    xsappname: 'orders'
  })
  return {
    token: () => service.getClientCredentialsToken(),
    value: ({ access_token: token }) => token,
    close() {}
  }
}
