import { TokenClientError } from '../errors.ts'
import type { Warning } from '../events.ts'
import type { Answer } from '../http/exchange.ts'
import { retryAfter } from '../http/retry-after.ts'
import { limits } from '../limits.ts'
import { redacted, repeats } from '../token/foreign-text.ts'
import { distinct, isScopeToken, splitScope } from '../token/scope.ts'
import type { AnswerSource } from './answer-source.ts'
import { readExpiry } from './expiry.ts'
import { jsonMembers } from './json-members.ts'
import { oauthErrorWord, oauthFailure } from './oauth-error.ts'
import { type ResponseContext, statusRefusal } from './status-refusal.ts'

/** What a successful token response says (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly value: string
  /** The granted scope. Undefined means as requested, and empty means that nothing was granted. */
  readonly scope: readonly string[] | undefined
  /** Milliseconds, as the server says, including 0. Undefined if the server does not say. */
  readonly life: number | undefined
  /** Whether the token is bound to the key that was proved. */
  readonly isBound: boolean
  readonly warnings: readonly Warning[]
}

/** What is known of the token request whose answer is read. */
export interface TokenResponseContext extends ResponseContext {
  /** Names of token types that mean Bearer, in lower case. */
  readonly bearerTypes: readonly string[]
  /** Whether a DPoP token was asked for, and whether nothing else will do (RFC 9449 §5). */
  readonly dpop?: 'required' | 'preferred' | undefined
}

/**
 * Reads the answer of a token endpoint. It is tolerant where servers differ, and strict about what is sent later.
 * Throws `TokenClientError` for a refusal and for an answer that cannot be used. Other members than the five of the RFC are not looked at.
 */
export function readTokenResponse(answer: Answer, context: TokenResponseContext): TokenResponse {
  const { status } = answer
  if (!carriesToken(answer)) throw statusRefusal(answer, context)

  const { host } = new URL(context.tokenEndpoint)
  const members = jsonMembers(answer, host)
  const given = members.get('access_token')
  const hidden = typeof given === 'string' ? [...context.hidden, given] : context.hidden
  const word = oauthErrorWord(members, [...hidden, ...(context.hiddenInErrors ?? [])])
  if (word !== undefined) throw oauthFailure(word, { host, status, retryAfter: retryAfter(answer, context.wallTime) })

  const source = { host, status }
  const value = readValue(given, source)
  const { isBound, warnings: typeWarnings } = readType(members.get('token_type'), context, source)
  const { life, warning } = readExpiry(members.get('expires_in'), source)
  const scope = readScope(members.get('scope'), source)?.map((member) => withoutSecrets(member, hidden))
  return { value, scope, life, isBound, warnings: warning === undefined ? typeWarnings : [...typeWarnings, warning] }
}

/** Answers to a prefix or to nothing. */
const withoutWholeBody: readonly number[] = [204, 205, 206]

/** 200 is the answer of the RFC; another success is one when it holds a token. */
function carriesToken(answer: Answer): boolean {
  const { status } = answer
  if (status === 200) return true
  if (status < 200 || status > 299 || withoutWholeBody.includes(status)) return false
  try {
    return jsonMembers(answer, '').has('access_token')
  } catch {
    return false
  }
}

function readValue(value: unknown, source: AnswerSource): string {
  const { host } = source
  if (typeof value !== 'string')
    throw malformed('ERR_MALFORMED_TOKEN', `${host} answered without an access token.`, source)
  // Visible ASCII is what a header can carry unchanged.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    const message = `${host} sent an access token that is empty or cannot be sent in a header.`
    throw malformed('ERR_MALFORMED_TOKEN', message, source)
  }
  if (value.length > limits.tokenBytes) {
    const message = `${host} sent an access token of more than ${limits.tokenBytes} bytes.`
    throw malformed('ERR_MALFORMED_TOKEN', message, source)
  }
  return value
}

function readType(type: unknown, { bearerTypes, dpop }: TokenResponseContext, { host, status }: AnswerSource) {
  const isMissing = type === undefined || type === null
  const name = typeof type === 'string' ? type.toLowerCase() : undefined
  if (dpop !== undefined && name === 'dpop') return { isBound: true, warnings: [] }
  if (dpop !== 'required' && isMissing) {
    const message = `${host} does not name the type of its token. The client treats it as a Bearer token.`
    return { isBound: false, warnings: [{ code: 'token_type_missing', message } as const] }
  }
  if (dpop !== 'required' && name !== undefined && bearerTypes.includes(name)) return { isBound: false, warnings: [] }
  const message =
    dpop === 'required'
      ? 'a token that is not bound to the DPoP key. Have the server issue DPoP tokens to this client, or set allowBearer: true.'
      : name === 'dpop'
        ? "a DPoP token, and no key was proved. Set dpop: true. If the server calls tokens so that are bound to the client's certificate, set tokenTypes: ['DPoP']."
        : 'a token that is not a Bearer token. Have the server issue bearer tokens to this client, or name the type in tokenTypes if it means the same.'
  throw new TokenClientError('ERR_UNSUPPORTED_TOKEN_TYPE', `${host} sent ${message}`, { transient: false, status })
}

/** A list of scope tokens says the same as the string of the RFC. */
function readScope(scope: unknown, source: AnswerSource): readonly string[] | undefined {
  if (scope === undefined || scope === null) return undefined
  const granted = typeof scope === 'string' ? splitScope(scope) : scope
  if (Array.isArray(granted) && granted.every((member) => typeof member === 'string' && isScopeToken(member)))
    return distinct(granted)
  const message = `${source.host} answered with a scope that is neither a list nor a string of words with spaces in between.`
  throw malformed('ERR_MALFORMED_SCOPE', message, source)
}

/** A shorter secret can be the word of an honest scope. */
const leastSecret = 8

/** Events contain the scope, and nobody can ask for a scope that is a secret. */
function withoutSecrets(member: string, hidden: readonly string[]): string {
  const secrets = hidden.filter((secret) => secret.length >= leastSecret)
  return repeats(member, secrets) ? redacted : member
}

function malformed(
  code: 'ERR_MALFORMED_TOKEN' | 'ERR_MALFORMED_SCOPE',
  message: string,
  { status }: AnswerSource
): TokenClientError {
  return new TokenClientError(code, message, { transient: true, status })
}
