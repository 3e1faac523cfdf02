import { discardBody } from '../http/discard-body.ts'
import { ownMembers } from '../own-members.ts'
import { ruleForCall } from './bearer-request.ts'
import type { Fetch } from './fetch-body.ts'
import { type Hop, isAnswerTo, sendBare, sendWithToken } from './fetch-hop.ts'
import { verifyIntegrity } from './fetch-integrity.ts'
import { fetchFailed, redirectOf } from './fetch-redirect.ts'
import { type FetchRequest, holds } from './fetch-request.ts'
import { answerOfChain, type Tainting } from './fetch-response.ts'
import type { BearerOptions } from './interceptor.ts'
import { headerOf } from './present.ts'
import { tokenOptions } from './token-options.ts'
import { finishUnread } from './unread-answer.ts'

/** One call of `fetch`: a request and the requests after its redirects. The policy is checked for each of them. */
export async function fetchChain(options: BearerOptions, fetch: Fetch, first: FetchRequest): Promise<Response> {
  try {
    const { origin, pathname } = first.url
    // If the caller has set the header of the token, that value is sent, here and on every hop.
    if (holds(first.headers, headerOf(options.routes.find(origin, pathname) ?? ownMembers({}))))
      return await sendBare({ fetch, request: first, redirect: first.redirect })
    if (first.redirect !== 'follow')
      return await sendOneHop(options, { fetch, request: first, redirect: first.redirect }, true)
    return await follow(options, fetch, first)
  } finally {
    first.body.drop()
  }
}

/**
 * Follows redirects as the fetch standard says. After an origin outside the policy, no request gets a token, because that origin
 * chooses where the chain goes next.
 */
async function follow(options: BearerOptions, fetch: Fetch, first: FetchRequest): Promise<Response> {
  const { integrity = '' } = first.options
  let request = integrity === '' ? first : withoutIntegrity(first)
  let isTrusted = true
  let tainting: Tainting = 'basic'
  for (let followed = 0; ; followed += 1) {
    tainting = taintingOf(first, request, tainting)
    isTrusted &&= options.routes.of(request.url.origin).length > 0
    const carries = isTrusted && (followed === 0 || integrity === '')
    const response = await sendOneHop(options, { fetch, request, redirect: 'manual' }, carries)
    try {
      const next = isAnswerTo(request, response) ? await redirectOf(request, response, followed) : undefined
      if (next === undefined) {
        if (integrity !== '') await verifyIntegrity(response, integrity)
        return answerOfChain(response, followed > 0, tainting)
      }
      request = next
    } catch (error) {
      void discardBody(response)
      throw error
    }
    void finishUnread(response)
  }
}

/** The base fetch would check the body of a redirect against it. */
function withoutIntegrity(request: FetchRequest): FetchRequest {
  return { ...request, options: { ...request.options, integrity: '' } }
}

async function sendOneHop(options: BearerOptions, hop: Hop, carries: boolean): Promise<Response> {
  const { url, method, headers, body } = hop.request
  const rule = carries ? options.routes.find(url.origin, url.pathname) : undefined
  try {
    const route = rule && ruleForCall(options, rule, hop.request.options[tokenOptions])
    if (route !== undefined && !holds(headers, headerOf(route)))
      return sendWithToken(options, ownMembers({ ...hop, route, options: { method, path: url.pathname } }))
  } catch (error) {
    body.abandon(error)
    throw error
  }
  return sendBare(hop)
}

/** How much of the answer the standard shows after a redirect to another origin ("main fetch"). */
function taintingOf({ url, options }: FetchRequest, request: FetchRequest, before: Tainting): Tainting {
  if (before === 'basic' && request.url.origin === url.origin) return 'basic'
  if (options.mode === 'same-origin')
    throw fetchFailed('a redirect leads to another origin, and the mode is same-origin')
  return options.mode === 'no-cors' ? 'opaque' : 'cors'
}
