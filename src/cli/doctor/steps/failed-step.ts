import { type ErrorCode, TokenClientError } from 'service-token-client'
import { parseHttpDate } from '../../../http-date.ts'
import { limits } from '../../../limits.ts'
import { printable, span } from '../../printed-words.ts'
import { type Finding, type FindingName, finding } from '../finding.ts'
import type { SeenAnswer } from '../observer.ts'
import { jsonObject } from '../visit.ts'

const names: Readonly<Partial<Record<ErrorCode, FindingName>>> = {
  ERR_SECRET_UNAVAILABLE: 'credential-unavailable',
  ERR_CLOCK_INVALID: 'clock-off',
  ERR_TIMEOUT: 'slow',
  ERR_NETWORK: 'connection-broken',
  ERR_CONNECTION_RESET: 'connection-broken',
  ERR_TLS_ERROR: 'tls-failed',
  ERR_TLS_CLIENT_CERTIFICATE: 'client-certificate-refused',
  ERR_REDIRECT_REFUSED: 'redirected',
  ERR_UNEXPECTED_CONTENT_ENCODING: 'compressed',
  ERR_BODY_TOO_LARGE: 'answer-too-large',
  ERR_MALFORMED_BODY: 'answer-broken',
  ERR_MALFORMED_EXPIRY: 'life-malformed',
  ERR_MALFORMED_SCOPE: 'scope-malformed',
  ERR_UNSUPPORTED_TOKEN_TYPE: 'token-type',
  ERR_ENDPOINT_NOT_FOUND: 'endpoint-not-found',
  ERR_INVALID_CLIENT: 'credential-refused',
  ERR_CLIENT_AUTHENTICATION_FAILED: 'credential-refused',
  ERR_INVALID_REQUEST: 'request-refused',
  ERR_INVALID_SCOPE: 'scope-refused',
  ERR_INVALID_TARGET: 'audience-refused',
  ERR_UNAUTHORIZED_CLIENT: 'grant-not-allowed',
  ERR_UNSUPPORTED_GRANT_TYPE: 'grant-not-offered',
  ERR_OAUTH_ERROR: 'error-unknown'
}

/** The finding for a failed request, by its error and by the answer that caused it. */
export function findingForFailure(given: TokenClientError, answer: SeenAnswer | undefined): Finding {
  const error = behind(given)
  const name = names[error.code] ?? byAnswer(error, answer)
  const word = error.oauthError === undefined ? '' : ` The server says ${printable(error.oauthError)}.`
  return finding(name, `${error.message}${word}${waitOf(answer)}`)
}

/** If attempts failed until the time was up, the error of an attempt says more than the time limit. */
function behind(error: TokenClientError): TokenClientError {
  return error.code === 'ERR_TIMEOUT' && error.cause instanceof TokenClientError ? behind(error.cause) : error
}

function byAnswer(error: TokenClientError, answer: SeenAnswer | undefined): FindingName {
  const { code, cause } = error
  const status = error.status ?? (cause instanceof TokenClientError ? cause.status : undefined) ?? answer?.status ?? 0
  if (code === 'ERR_PROXY_REFUSED') return status === 407 ? 'proxy-authentication' : 'proxy-refuses'
  const says = answer?.headers['retry-after'] !== undefined
  if (code === 'ERR_MALFORMED_TOKEN') return malformedToken(answer)
  if (code === 'ERR_UNEXPECTED_CONTENT_TYPE') return isHtml(answer) ? 'html-answer' : 'not-json'
  if (status === 429) return says ? 'rate-limited' : 'rate-limited-without-time'
  if (status === 503 || code === 'ERR_TEMPORARILY_UNAVAILABLE') return says ? 'unavailable' : 'unavailable-without-time'
  if (status >= 500) return 'server-error'
  return status === 204 ? 'no-content' : 'status-unexpected'
}

function isHtml(answer: SeenAnswer | undefined): boolean {
  return /html/i.test(String(answer?.headers['content-type']))
}

function malformedToken(answer: SeenAnswer | undefined): FindingName {
  const value = jsonObject(answer?.body() ?? '')?.access_token
  if (typeof value !== 'string' || value === '') return 'token-missing'
  return value.length > limits.tokenBytes ? 'token-too-large' : 'token-malformed'
}

function waitOf(answer: SeenAnswer | undefined): string {
  const given = answer?.headers['retry-after']
  if (typeof given !== 'string') return ''
  const now = Date.now()
  const wait = /^\d+$/.test(given) ? Number(given) * 1000 : (parseHttpDate(given, now) ?? Number.NaN) - now
  return Number.isFinite(wait) ? ` It asks clients to wait for ${span(Math.max(0, wait))}.` : ''
}
