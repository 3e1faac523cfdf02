import { type ErrorCode, isOAuthError, TokenClientError } from '../errors.ts'
import type { Answer } from '../http/exchange.ts'
import { retryAfter } from '../http/retry-after.ts'
import { foreignText } from '../token/foreign-text.ts'
import { jsonMembers } from './json-members.ts'
import { isKnownOAuthError, oauthErrorWord, oauthFailure } from './oauth-error.ts'

export interface ResponseContext {
  readonly tokenEndpoint: string
  /** Epoch ms at which the answer came. */
  readonly wallTime: number
  /** The secrets of the request. No text from the answer may show them. */
  readonly hidden: readonly string[]
  /** What else of the request no error may repeat. */
  readonly hiddenInErrors?: readonly string[]
}

/** The failure for an answer without a token. */
export function statusRefusal(answer: Answer, given: ResponseContext): TokenClientError {
  const { status } = answer
  const context = { ...given, hidden: [...given.hidden, ...(given.hiddenInErrors ?? [])] }
  if ([301, 302, 303, 307, 308].includes(status)) return redirectRefusal(answer, context)

  const { wallTime, hidden } = context
  const { host } = new URL(context.tokenEndpoint)
  const word = wordOf(answer, host, hidden)
  const wait = retryAfter(answer, wallTime)
  if (isKnownOAuthError(word) && !outweighs(status, word)) return oauthFailure(word, { host, status, retryAfter: wait })

  const { code, advice, ...meaning } = meaningOf(status, word)
  const transient = meaning.transient || (code === 'ERR_OAUTH_ERROR' && wait !== undefined) // it says when to come again
  return new TokenClientError(code, `${host} answered with status ${status}. ${advice}`, {
    transient,
    status,
    oauthError: word,
    retryAfter: transient ? wait : undefined
  })
}

/** The form contains the secret, so it is not sent to another place (RFC 9700 §4.12). The message names only the origin of the target, because its query is not ours. */
function redirectRefusal({ status, headers }: Answer, { tokenEndpoint, hidden }: ResponseContext): TokenClientError {
  const { host } = new URL(tokenEndpoint)
  const location = headers.location ?? ''
  const target = URL.canParse(location, tokenEndpoint) ? new URL(location, tokenEndpoint).origin : 'nowhere'
  return new TokenClientError(
    'ERR_REDIRECT_REFUSED',
    `${host} redirects the token request to ${foreignText(target, hidden)}. The client does not follow redirects. Configure the URL of the token endpoint itself.`,
    { transient: false, status }
  )
}

function wordOf(answer: Answer, host: string, hidden: readonly string[]): string | undefined {
  try {
    return oauthErrorWord(jsonMembers(answer, host), hidden)
  } catch {
    return undefined // HTML of a gateway, or nothing at all: the status says enough.
  }
}

/** A failing server may call good clients invalid, and ServiceNow calls a wrong secret its own error. The status then decides, and not the error value. */
function outweighs(status: number, word: string): boolean {
  if (status === 401) return word === 'server_error'
  return status === 429 || (status >= 500 && word !== 'temporarily_unavailable')
}

interface Meaning {
  readonly code: ErrorCode
  readonly transient: boolean
  readonly advice: string
}

function meaningOf(status: number, word: string | undefined): Meaning {
  if (status >= 500) return serverError
  if (status < 400) return unexpected
  return clientErrors.get(status) ?? (isOAuthError({ oauthError: word }) ? foreignError : badRequest)
}

const serverError: Meaning = {
  code: 'ERR_SERVER_ERROR',
  transient: true,
  advice: 'The server, or a gateway in front of it, has failed.'
}

const unexpected: Meaning = { code: 'ERR_UNEXPECTED_STATUS', transient: true, advice: 'The answer contains no token.' }

/** Gateways and servers in trouble answer so for a while. */
const badRequest: Meaning = {
  ...unexpected,
  advice: 'The answer is not an OAuth error. Check the URL, the client and its certificate.'
}

const foreignError: Meaning = {
  code: 'ERR_OAUTH_ERROR',
  transient: false,
  advice: 'The error code is not a standard one. See oauthError.'
}

const authenticationFailed: Meaning = {
  code: 'ERR_CLIENT_AUTHENTICATION_FAILED',
  transient: false,
  advice: 'Check client id, secret and authentication method.'
}

const forbidden: Meaning = {
  ...unexpected,
  advice: 'Check that no firewall in between refuses the request, and that the client may request tokens.'
}

const endpointNotFound: Meaning = {
  code: 'ERR_ENDPOINT_NOT_FOUND',
  transient: false,
  advice: 'Check the URL of the token endpoint, and that the client is known there.'
}

const clientErrors: ReadonlyMap<number, Meaning> = new Map([
  [401, authenticationFailed],
  [403, forbidden],
  [404, endpointNotFound],
  [405, endpointNotFound],
  [408, { ...unexpected, advice: 'The server waited too long for the request.' }],
  [410, endpointNotFound],
  [413, tooLarge('body')],
  [414, tooLarge('URL')],
  [425, { ...unexpected, advice: 'The server does not accept the request this early.' }],
  [429, { code: 'ERR_RATE_LIMITED', transient: true, advice: 'This client sends too many requests.' }],
  [431, tooLarge('header section')]
])

function tooLarge(part: string): Meaning {
  return {
    code: 'ERR_REQUEST_TOO_LARGE',
    transient: false,
    advice: `The ${part} of the token request is too long for the server.`
  }
}
