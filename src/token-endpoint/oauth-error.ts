import { type ErrorCode, TokenClientError } from '../errors.ts'
import { foreignText } from '../token/foreign-text.ts'
import type { AnswerSource } from './answer-source.ts'

interface Meaning {
  readonly code: ErrorCode
  readonly transient?: true
  /** What the server says, and what to do. */
  readonly message: string
}

/** RFC 6749 §5.2, RFC 8707 §2, RFC 9449 §5 and §8, and two of RFC 6749 §4.1.2.1 that token endpoints use as well. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    'invalid_request',
    { code: 'ERR_INVALID_REQUEST', message: 'the request is malformed. Check audience, resource and parameters.' }
  ],
  [
    'invalid_client',
    { code: 'ERR_INVALID_CLIENT', message: 'client authentication failed. Check client id, secret and method.' }
  ],
  [
    'invalid_scope',
    { code: 'ERR_INVALID_SCOPE', message: 'the scope is unknown, or this client may not have it. Check scope.' }
  ],
  [
    'invalid_target',
    { code: 'ERR_INVALID_TARGET', message: 'the resource is unknown, or this client may not use it. Check resource.' }
  ],
  [
    'unauthorized_client',
    {
      code: 'ERR_UNAUTHORIZED_CLIENT',
      message: 'this client may not use the grant. Allow client credentials for it at the server.'
    }
  ],
  [
    'unsupported_grant_type',
    {
      code: 'ERR_UNSUPPORTED_GRANT_TYPE',
      message: 'it does not offer the client credentials grant. Check the token endpoint.'
    }
  ],
  [
    'temporarily_unavailable',
    { code: 'ERR_TEMPORARILY_UNAVAILABLE', transient: true, message: 'it is overloaded or in maintenance.' }
  ],
  [
    'invalid_dpop_proof',
    {
      code: 'ERR_INVALID_DPOP_PROOF',
      message:
        'the DPoP proof is missing or not valid. Set dpop: true, or check dpop.alg, the clock, and the URL of the token endpoint.'
    }
  ],
  [
    'use_dpop_nonce',
    {
      code: 'ERR_INVALID_DPOP_PROOF',
      transient: true,
      message: 'it requires a DPoP nonce, but sent no usable one. Check that one DPoP-Nonce header arrives.'
    }
  ],
  ['server_error', { code: 'ERR_SERVER_ERROR', transient: true, message: 'it met an unexpected condition.' }]
])

const foreign: Meaning = {
  code: 'ERR_OAUTH_ERROR',
  message: 'the error code is not a standard one. See oauthError.'
}

export interface OAuthErrorDetails extends AnswerSource {
  readonly retryAfter?: number | undefined
}

export function isKnownOAuthError(word: string | undefined): word is string {
  return word !== undefined && meanings.has(word)
}

/** The failure for an `error` value, from the value alone. */
export function oauthFailure(word: string, { host, status, retryAfter }: OAuthErrorDetails): TokenClientError {
  const { code, transient = false, message } = meanings.get(word) ?? foreign
  return new TokenClientError(code, `${host} refused the token request: ${message}`, {
    transient,
    status,
    oauthError: word,
    retryAfter
  })
}

/**
 * The `error` member, fit to be shown (RFC 6749 App. A.7 has no quotes and backslashes either), and without any of what is hidden.
 * Undefined when there is none; servers write null, false, 0 or nothing for that too.
 */
export function oauthErrorWord(
  members: ReadonlyMap<string, unknown>,
  hidden: readonly string[] = []
): string | undefined {
  const error = members.get('error') ?? ''
  if (error === '' || error === false || error === 0) return undefined
  if (typeof error !== 'string') return '?'
  return meanings.has(error) ? error : foreignText(error, hidden).replace(/["\\]/g, '?')
}
