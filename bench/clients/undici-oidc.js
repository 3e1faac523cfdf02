import { createOidcInterceptor } from 'undici-oidc-interceptor'

export const refresh = { ahead: 30 }

const origin = 'https://users.internal'
const request = { origin, path: '/', method: 'GET' }

export function create({ tokenEndpoint }) {
  const make = (url) =>
    createOidcInterceptor({ idpTokenUrl: tokenEndpoint, clientId: 'orders', clientSecret: 'secret', urls: [url] })

  // It has no other door than the interceptor: its token is what the next dispatcher gets to see.
  const dispatcher = { emit: () => true }
  const intercepted = make(origin)((options) => options.settle(options.headers.authorization))
  const token = () =>
    new Promise((settle, reject) => {
      intercepted({ ...request, dispatcher, settle, headers: {} }, { onResponseError: (_, error) => reject(error) })
    })

  return { token, value: (authorization) => authorization.slice(7), interceptor: make, close() {} }
}
