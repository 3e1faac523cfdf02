import got, { type AfterResponseHook, type BeforeRequestHook, type Got } from 'got'
import type { AccessToken, TokenClient } from 'service-token-client'
import { anotherToken } from './another-token.ts'

/** got sends through node:http, so its hooks carry the token: to this origin, asked on every hop of a redirect. */
export function usersApi(tokens: TokenClient, origin: string): Got {
  const { explain } = tokens.interceptor({ origins: [origin] })

  const authorize: BeforeRequestHook = async ({ url, headers, context }) => {
    if (!explain(String(url)).carriesToken) {
      if (headers.authorization === sentWith(context)?.authorization) delete headers.authorization
    } else if (headers.authorization === undefined) {
      const token = await tokens.getToken()
      context.token = token
      headers.authorization = token.authorization
    }
  }

  const replace: AfterResponseHook = async (response, sendAgain) => {
    const { body, context } = response.request.options
    const refused = sentWith(context)
    const isStream = typeof body === 'object' && 'pipe' in body // it was read, and cannot be read again
    if (response.statusCode !== 401 || refused === undefined || isStream) return response
    const token = await anotherToken(tokens, refused, response.headers['www-authenticate'])
    return token === undefined
      ? response
      : sendAgain({ headers: { authorization: token.authorization }, context: { token } })
  }

  return got.extend({ prefixUrl: origin, hooks: { beforeRequest: [authorize], afterResponse: [replace] } })
}

function sentWith({ token }: Record<string, unknown>): AccessToken | undefined {
  return token as AccessToken | undefined
}
