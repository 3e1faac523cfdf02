// One request by undici, and nothing else.
import { Agent, request } from 'undici'
import { form, headers } from '../support/bare-request.js'

export function create({ tokenEndpoint }) {
  const dispatcher = new Agent()

  async function token() {
    const { body } = await request(tokenEndpoint, { dispatcher, method: 'POST', headers, body: form })
    return (await body.json()).access_token
  }

  return { token, value: (token) => token, close: () => dispatcher.close() }
}
