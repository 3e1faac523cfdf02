import type { AnswerHeaders } from '../bearer/answer.ts'
import { patienceFromNow, ruleForCall } from '../bearer/bearer-request.ts'
import { foreignHost, isOwnHost } from '../bearer/own-host.ts'
import { credentialsOf, headerOf, type Presenting, present } from '../bearer/present.ts'
import { hasQueryToken, tokenInQuery } from '../bearer/query-token.ts'
import { tokenInPlaceOf, type Wanted, wantedBy } from '../bearer/refusal.ts'
import type { Route } from '../bearer/routes.ts'
import { type TokenOptions, tokenOptions } from '../bearer/token-options.ts'
import { TokenClientError } from '../errors.ts'
import type { BearerPolicy } from '../options/policy.ts'
import { ownMembers } from '../own-members.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { ProvenCall } from '../token/prover.ts'
import type { TokenClient } from '../token-client/token-client.ts'
import { spendingUnder } from './spending.ts'

/** The hooks of got, in types that also work if got is not installed. */
export interface GotHooks {
  readonly beforeRequest: ((options: unknown) => Promise<void>)[]
  readonly afterResponse: ((response: unknown, sendAgain: unknown) => Promise<never>)[]
  readonly beforeError: ((error: unknown) => never)[]
}

/** The options of got that are read and written here. */
interface GotOptions {
  readonly url?: string | URL | undefined
  readonly method: string
  readonly headers: Record<string, string | string[] | undefined>
  readonly context: Record<PropertyKey, unknown>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
  request?: SendRequest | undefined
  /** What makes the requests if the user gave nothing. */
  getFallbackRequestFunction?(): SendRequest
}

/** The options of node:http, with which got makes a request. */
interface NativeOptions {
  readonly headers: GotOptions['headers']
  readonly protocol?: string
  readonly hostname?: string
  readonly port?: string | number
  readonly path?: string
}

/**
 * Makes the request. With a cache, got gives the options and a callback, and otherwise the URL and the options. If nothing is returned, got
 * makes the request, but not with a cache.
 */
type SendRequest = (
  ...given: [url: URL, options: NativeOptions] | [options: NativeOptions, callback: CallableFunction]
) => unknown

interface GotResponse {
  readonly statusCode: number
  readonly headers: AnswerHeaders
  readonly request: { readonly options: GotOptions }
}

interface GotError {
  readonly response?: GotResponse | undefined
}

type SendAgain = (options: Pick<GotOptions, 'context'>) => never

/** What was done for a call so far. got passes it from one hop and attempt to the next. */
interface Progress {
  readonly token?: AccessToken
  readonly route?: Route
  /** The call has been redirected by an origin outside the policy, which chooses where the call goes next. */
  readonly hasLeft: boolean
  /** A refused token has already been replaced. */
  readonly isSecond: boolean
  /** How often the call was sent again. */
  readonly repeats?: number
  /** The request with its token, and what it has tried to prove. */
  readonly presenting?: Presenting
  /** What the attempt before has tried to prove. */
  readonly proven?: ProvenCall | undefined
  judged?: { readonly wanted: Wanted }
}

const progress = Symbol('service-token-client')
/** With another token once, with three nonces, and with a proof of another time. */
const mostRepeats = 5

/** What the user had given in its place, for each guard that an earlier hop left in the options. */
const guarded = new WeakMap<SendRequest, SendRequest | undefined>()

/**
 * Hooks for `got.extend({ hooks: gotHooks(tokens, policy) })`. They add a token to requests to the policy's origins and check the policy for each redirect.
 * After a 401 that asks for another token they repeat the request once, unless its body can be read only once. Your own
 * `Authorization` is not replaced. With `got.stream()` nothing is repeated.
 *
 * @example
 * const users = got.extend({ prefixUrl: 'https://users.internal', hooks: gotHooks(tokens, { origins: ['https://users.internal'] }) })
 */
export function gotHooks(tokens: TokenClient, policy: BearerPolicy): GotHooks {
  const { routes, ...spending } = spendingUnder(tokens, policy)

  async function authorize(options: GotOptions): Promise<void> {
    const { url: given, method, headers, context, signal, request: send } = options
    if (send !== undefined && guarded.has(send)) options.request = guarded.get(send)
    const { token: before, route: routeBefore, proven, ...sofar } = progressOf(context)
    const { hasLeft: hadLeft = false, isSecond = false, repeats = 0 } = sofar
    // got keeps header fields from hop to hop: those of the hop before are none of this one's.
    if (before !== undefined && routeBefore !== undefined) takeOut(headers, before, routeBefore)
    const url = new URL(String(given))
    const hasLeft = hadLeft || routes.of(url.origin).length === 0
    const rule = hasLeft ? undefined : routes.find(url.origin, url.pathname)
    const route = rule && ruleForCall(spending, rule, context[tokenOptions] as TokenOptions | undefined)
    context[progress] = { hasLeft, isSecond, repeats } satisfies Progress
    if (rule === undefined || route === undefined || headers[headerOf(route)] !== undefined) return
    if (headers.host !== undefined && !isOwnHost(headers.host, route.origin)) throw foreignHost(route.origin)
    if (hasQueryToken(url.search)) throw tokenInQuery()
    const patience = patienceFromNow(spending, route, { signal })
    const token = await spending.source.token(route.request, { ...patience, origin: route.origin })
    const asSent = { method, path: url.pathname }
    const presenting: Presenting = ownMembers({ route, options: asSent, ...(proven && { proven }) })
    context[progress] = { token, route, presenting, hasLeft, isSecond, repeats } satisfies Progress
    await present(token, presenting, patience, headers)
    options.request = guard(options, rule, route)
  }

  /** Later hooks can change where the request goes. */
  function guard(got: GotOptions, rule: Route, route: Route): SendRequest {
    const { request: send } = got
    const sendCached = send ?? got.getFallbackRequestFunction?.()
    const guarding: SendRequest = (...given) => {
      const isCached = typeof given[1] === 'function'
      const options = given[isCached ? 0 : 1] as NativeOptions
      const url = isCached ? urlOf(options) : (given[0] as URL)
      const { host, [headerOf(route)]: shown } = options.headers
      const isSame = routes.find(url.origin, url.pathname) === rule // a rule is of one origin
      if (shown !== undefined && !isSame) throw changedMeanwhile(route.origin)
      if (shown !== undefined && host !== undefined && !isOwnHost(host, route.origin)) throw foreignHost(route.origin)
      return (isCached ? sendCached : send)?.(...given)
    }
    guarded.set(guarding, send)
    return guarding
  }

  /** What the answer asks for: several hooks want to know, and it is told and counted once. */
  function wantedIn({ statusCode, headers, request }: GotResponse, canBeRepeated: boolean): Wanted {
    const sofar = progressOf(request.options.context)
    const { token, route, presenting, isSecond } = sofar
    if (token === undefined || route === undefined || presenting === undefined) return undefined
    const answer = { status: statusCode, headers }
    const sent = { route, proven: presenting.proven, hasNewToken: isSecond }
    sofar.judged ??= { wanted: wantedBy(spending, sent, token, answer, { canBeRepeated: () => canBeRepeated }) }
    return sofar.judged.wanted
  }

  async function anotherFor({ request }: GotResponse): Promise<AccessToken | undefined> {
    const { context, signal } = request.options
    const { token, route } = progressOf(context)
    if (token === undefined || route === undefined) return undefined
    return tokenInPlaceOf(token, spending, route, { signal })
  }

  /** Comes before the other hooks, which got removes one by one. */
  function tell(response: GotResponse): GotResponse {
    const { context, body } = response.request.options
    wantedIn(response, canBeReadAgain(body) && (progressOf(context).repeats ?? 0) < mostRepeats)
    return response
  }

  /** got removes the hook that sends again and those after it, so each of our hooks acts when it is the last one. */
  function replaceAt(place: number) {
    return async (response: GotResponse, sendAgain: SendAgain): Promise<GotResponse> => {
      const { context, body } = response.request.options
      const { judged, presenting, repeats = 0, ...sofar } = progressOf(context)
      if (judged?.wanted === undefined || place !== mostRepeats - repeats) return response
      const next = { ...sofar, proven: presenting?.proven, repeats: repeats + 1 }
      if (judged.wanted === 'proof') return sendAgain({ context: { ...context, [progress]: next } })
      const another = anotherFor(response) // for the next call, if not for this one
      if (!canBeReadAgain(body) || (await another) === undefined) return response
      return sendAgain({ context: { ...context, [progress]: { ...next, isSecond: true } } })
    }
  }

  /** `got.stream()` calls no other hook for its answers. */
  function replaceForNext(error: GotError): GotError {
    if (error.response !== undefined && wantedIn(error.response, false) === 'token') void anotherFor(error.response)
    return error
  }

  const replacing = Array.from({ length: mostRepeats }, (_, index) => replaceAt(index + 1))
  return {
    beforeRequest: [authorize as GotHooks['beforeRequest'][number]],
    afterResponse: [tell, ...replacing] as unknown as GotHooks['afterResponse'],
    beforeError: [replaceForNext] as unknown as GotHooks['beforeError']
  }
}

function urlOf({ protocol, hostname = '', port, path }: NativeOptions): URL {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  return new URL(`${protocol}//${host}${port ? `:${port}` : ''}${path}`)
}

function changedMeanwhile(origin: string): TokenClientError {
  const message =
    `A hook changed the URL after the request had got its token for ${origin}. ` +
    'Give the hooks of gotHooks() last, in a got.extend() of their own.'
  return new TokenClientError('ERR_UNCERTAIN_ORIGIN', message, { transient: false })
}

function takeOut(headers: GotOptions['headers'], token: AccessToken, route: Route): void {
  const name = headerOf(route)
  if (headers[name] === credentialsOf(token, route)) delete headers[name]
  if (token.type === 'DPoP') delete headers.dpop
}

function progressOf(context: GotOptions['context']): Partial<Progress> {
  return (context[progress] ?? {}) as Partial<Progress>
}

/** got has already turned JSON and forms into text or bytes. What remains is a stream or another iterable. */
function canBeReadAgain(body: unknown): boolean {
  return body === undefined || typeof body === 'string' || ArrayBuffer.isView(body)
}
