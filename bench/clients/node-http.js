// One request by node:http, and nothing else: the least that a process can do for its first token.
import { Agent, request } from 'node:http'
import { form, headers } from '../support/bare-request.js'

export function create({ tokenEndpoint }) {
  const agent = new Agent({ keepAlive: true })

  async function token() {
    const response = await new Promise((resolve, reject) => {
      request(tokenEndpoint, { method: 'POST', headers, agent }, resolve).on('error', reject).end(form)
    })
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    return JSON.parse(text).access_token
  }

  return { token, value: (token) => token, close: () => agent.destroy() }
}
