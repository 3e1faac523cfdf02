import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import type { AccessToken, TokenClient } from 'service-token-client'
import { anotherToken } from './another-token.ts'

/** One call of one API by node:http or node:https, which follow no redirects. */
export async function send(
  tokens: TokenClient,
  url: URL,
  options: RequestOptions = {},
  body?: string | Buffer
): Promise<IncomingMessage> {
  const token = await tokens.getToken()
  const response = await sendOnce(url, options, body, token)
  if (response.statusCode !== 401) return response
  const next = await anotherToken(tokens, token, response.headers['www-authenticate'])
  if (next === undefined) return response
  response.resume()
  return sendOnce(url, options, body, next)
}

function sendOnce(
  url: URL,
  options: RequestOptions,
  body: string | Buffer | undefined,
  { authorization }: AccessToken
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    request(url, { ...options, headers: { ...options.headers, authorization } }, resolve)
      .on('error', reject)
      .end(body)
  })
}
