import { ClientCredentials } from 'simple-oauth2'

export const refresh = { ahead: 300 } // the window that its documentation proposes

export function create({ tokenEndpoint }) {
  const { origin, pathname } = new URL(tokenEndpoint)
  const client = new ClientCredentials({
    client: { id: 'orders', secret: 'secret' },
    auth: { tokenHost: origin, tokenPath: pathname }
  })
  let kept
  // It keeps nothing itself: this is the loop that its documentation shows.
  async function token() {
    if (kept === undefined || kept.expired(refresh.ahead)) kept = await client.getToken({})
    return kept
  }
  return { token, value: (kept) => kept.token.access_token, close() {} }
}
