import type { Agent, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { patienceFromNow, ruleForCall, type Spending } from '../bearer/bearer-request.ts'
import { CallersHeaders, copyHeaders, type HeaderFields, hostElsewhere } from '../bearer/header-fields.ts'
import { foreignHost } from '../bearer/own-host.ts'
import { present } from '../bearer/present.ts'
import { hasQueryToken, tokenInQuery } from '../bearer/query-token.ts'
import { tokenInPlaceOf, wantedBy } from '../bearer/refusal.ts'
import { destroyBody, watchBody } from '../bearer/request-body.ts'
import type { Route } from '../bearer/routes.ts'
import { firstShown, type RoutedRequest, type ShownToken, unlessBodyFails } from '../bearer/shown-token.ts'
import { type TokenOptions, tokenOptions } from '../bearer/token-options.ts'
import { finishUnread } from '../bearer/unread-answer.ts'
import { builtin } from '../builtin.ts'
import { toldToCaller } from '../errors.ts'
import type { BearerPolicy } from '../options/policy.ts'
import type { TokenClient } from '../token-client/token-client.ts'
import { spendingUnder } from './spending.ts'

/** The parts of a request beside its URL. */
export interface HttpCall {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  /** A stream can be sent only once. With a function that creates the stream, the request can be sent again after a 401. */
  readonly body?: string | Uint8Array | Readable | (() => Readable)
  readonly agent?: Agent
  readonly signal?: AbortSignal
  /** The token options of this call. */
  readonly [tokenOptions]?: TokenOptions | undefined
}

/** Sends one request and resolves with the head of its answer. It does not follow redirects. */
export type SendHttp = (url: string | URL, call?: HttpCall) => Promise<IncomingMessage>

/**
 * Sends requests with `node:http` and `node:https` and adds a token for the policy's origins. After a 401 that asks for another token, a
 * request is sent once more, unless its body was a stream. Your own `Authorization` is not replaced. If there is no token, nothing is sent and
 * the call rejects with the client's TokenClientError.
 *
 * @example
 * const send = nodeHttp(tokens, { origins: ['https://users.internal'] })
 * const response = await send('https://users.internal/users/42')
 */
export function nodeHttp(tokens: TokenClient, policy: BearerPolicy): SendHttp {
  const { routes, ...spending } = spendingUnder(tokens, policy)

  return async (target, given = {}) => {
    const url = new URL(target) // what was judged is what is sent
    const call = { ...given }
    const rule = url.username === '' && url.password === '' ? routes.find(url.origin, url.pathname) : undefined
    if (rule === undefined) return send(url, call, call.headers)
    const route = routeFor(spending, rule, call)
    const fields = copyHeaders(call.headers, route.origin, route.header)
    if (fields instanceof CallersHeaders) return send(url, call, fields.headers as HeaderFields)
    if (fields === hostElsewhere) throw refused(call, foreignHost(route.origin))
    if (hasQueryToken(url.search)) throw refused(call, tokenInQuery())
    const options = { method: (call.method || 'GET').toUpperCase(), path: url.pathname } // as node:http sends it
    return await toldToCaller(sendWithToken(spending, { url, call, fields, route, options }))
  }
}

function routeFor(spending: Spending, rule: Route, call: HttpCall): Route {
  try {
    return ruleForCall(spending, rule, call[tokenOptions])
  } catch (error) {
    throw refused(call, error)
  }
}

interface RoutedCall extends RoutedRequest {
  readonly url: URL
  readonly call: HttpCall
  readonly fields: HeaderFields
}

async function sendWithToken(spending: Spending, routed: RoutedCall): Promise<IncomingMessage> {
  const { url, call, route } = routed
  const { signal, body } = call
  const canBeRepeated = () => !isStream(body)
  const first = await firstOf(spending, routed)
  let { token } = first
  let response = await send(url, call, first.fields)
  for (;;) {
    const wanted = wantedBy(spending, routed, token, answerOf(response), { canBeRepeated })
    if (wanted === undefined) return response
    const patience = patienceFromNow(spending, route, call)
    const next = wanted === 'proof' ? token : tokenInPlaceOf(token, spending, route, patience)
    const another = canBeRepeated() ? await next : undefined
    if (signal?.aborted) response.destroy()
    signal?.throwIfAborted()
    if (another === undefined) return response
    await finishUnread({ body: response })
    signal?.throwIfAborted()
    if (wanted === 'token') routed.hasNewToken = true
    token = another
    response = await send(url, call, await present(token, routed, patience, routed.fields))
  }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage) {
  return { status: statusCode, headers }
}

/** If the body fails in the meantime, only this call fails. */
async function firstOf(spending: Spending, routed: RoutedCall): Promise<ShownToken> {
  const { call, route } = routed
  try {
    const shown = firstShown(spending, routed, patienceFromNow(spending, route, call))
    return await unlessBodyFails(Promise.resolve(shown), (failed) => watchBody(call.body, failed))
  } catch (error) {
    throw refused(call, error)
  }
}

/** Nothing is sent, so nobody will read the body. */
function refused({ body }: HttpCall, error: unknown): unknown {
  destroyBody(body, error)
  return error
}

function send(
  url: URL,
  call: HttpCall,
  fields: OutgoingHttpHeaders | HeaderFields | undefined
): Promise<IncomingMessage> {
  const { method, agent, signal, body } = call
  const headers = fields as OutgoingHttpHeaders | undefined
  const { request } = url.protocol === 'https:' ? builtin.https : builtin.http
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, signal }, resolve).on('error', reject)
    const content = typeof body === 'function' ? body() : body
    if (isStream(content)) pipeline(content, sent).catch(reject)
    else sent.end(content)
  })
}

function isStream(body: HttpCall['body']): body is Readable {
  return typeof body === 'object' && 'pipe' in body
}
