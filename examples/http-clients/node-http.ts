import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { AccessToken, TokenClient } from 'service-token-client'
import { anotherToken } from './another-token.ts'

export interface Call {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
  readonly agent?: http.Agent
  readonly signal?: AbortSignal
}

/** node:http and node:https follow no redirects, so the policy is asked once. Your own `authorization` goes out as it is. */
export function usersApi(tokens: TokenClient, origin: string) {
  const { explain } = tokens.interceptor({ origins: [origin] })

  return async function send(target: string | URL, call: Call = {}): Promise<IncomingMessage> {
    const url = new URL(target)
    const isOurs = explain(url).carriesToken && !new Headers(call.headers).has('authorization')
    if (!isOurs) return sendOnce(url, call)
    const token = await tokens.getToken()
    const response = await sendOnce(url, call, token)
    if (response.statusCode !== 401) return response
    const next = await anotherToken(tokens, token, response.headers['www-authenticate'])
    if (next === undefined) return response
    response.resume()
    return sendOnce(url, call, next)
  }
}

function sendOnce(
  url: URL,
  { method, headers, body, agent, signal }: Call,
  token?: AccessToken
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http
  const fields = { ...headers, ...(token && { authorization: token.authorization }) }
  return new Promise((resolve, reject) => {
    request(url, { method, headers: fields, agent, signal }, resolve).on('error', reject).end(body)
  })
}
