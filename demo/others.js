// Two clients as they are often written by hand, for comparison. Each counts what it does.

async function fetchToken({ tokenEndpoint, credentials }) {
  const { clientId, clientSecret } = credentials
  const authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'read_user' })
  const response = await fetch(tokenEndpoint, { method: 'POST', headers: { authorization }, body })
  const { access_token: value, expires_in: seconds } = await response.json()
  return { value, endsAt: Date.now() + seconds * 1000 }
}

const call = (url, { value }, init) => fetch(url, { ...init, headers: { authorization: `Bearer ${value}` } })

/** Asks for a token for each call. */
export function withoutCache(server) {
  let requests = 0
  const getToken = () => {
    requests++
    return fetchToken(server)
  }
  return { getToken, callUsers: async (url, init) => call(url, await getToken(), init), requests: () => requests }
}

/** Keeps a token until it ends; then the next call waits for another one. */
export function waiting(server) {
  let requests = 0
  let kept = { endsAt: 0 }
  const getToken = async () => {
    if (Date.now() >= kept.endsAt) {
      requests++
      kept = await fetchToken(server)
    }
    return kept
  }
  const callUsers = async (url, init) => call(url, await getToken(), init)
  return { getToken, callUsers, requests: () => requests, endsAt: () => kept.endsAt }
}
