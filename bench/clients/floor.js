// The least that a client can do: a promise that is made once, and one clock reading to know whether it still holds.
const scheme = 'Bearer '

export function create({ tokenEndpoint }) {
  let kept
  let authorization = ''
  let freshUntil = Number.NEGATIVE_INFINITY

  async function refresh() {
    const response = await fetch(tokenEndpoint, { method: 'POST', body: 'grant_type=client_credentials' })
    const { access_token: token, expires_in: life } = await response.json()
    authorization = scheme + token
    freshUntil = Date.now() + life * 500
    kept = Promise.resolve(token)
    return token
  }

  function intercept(dispatch) {
    return (options, handler) => {
      if (Date.now() >= freshUntil) throw new Error('The floor has no token.')
      return dispatch({ ...options, headers: { ...options.headers, authorization } }, handler)
    }
  }

  return {
    token: () => (Date.now() < freshUntil ? kept : refresh()),
    value: (token) => token,
    interceptor: () => intercept,
    close() {}
  }
}
