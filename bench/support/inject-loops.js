import { startTokenServer } from './token-server.js'

const origin = 'https://users.internal'

const handler = {
  onRequestStart() {},
  onResponseStart() {},
  onResponseData() {},
  onResponseEnd() {},
  onResponseError(_controller, error) {
    throw error
  }
}

// What undici's own dispatchers keep of a request, so that nothing of it can be optimised away.
const seen = { options: undefined, handler: undefined }

function nullDispatch(options, given) {
  seen.options = options
  seen.handler = given
  return true
}

/** Loops over a dispatch that goes nowhere: bare (`base`), with a header that is set by hand (`floor`), and with that client's token. */
export async function injectLoops(name) {
  const server = await startTokenServer()
  const client = (await import(`../clients/${name}.js`)).create(server)
  const floor = (await import('../clients/floor.js?floor')).create(server)
  await Promise.all([client.token(), floor.token()])

  const dispatches = {
    base: nullDispatch,
    floor: floor.interceptor(origin)(nullDispatch),
    client: client.interceptor(origin)(nullDispatch)
  }
  await warm(dispatches.client)
  const loops = {}
  for (const [entrant, dispatch] of Object.entries(dispatches)) {
    const { callEach } = await import(`./loops.js?${entrant}`)
    const send = () =>
      dispatch({ origin, path: '/users/42', method: 'GET', headers: { accept: 'application/json' } }, handler)
    loops[entrant] = (count) => callEach(send, count)
  }
  return { loops, close: () => Promise.all([client.close(), server.close()]) }

  async function warm(dispatch) {
    seen.options = undefined
    dispatch({ origin, path: '/', method: 'GET', headers: {} }, handler)
    while (seen.options?.headers?.authorization === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
