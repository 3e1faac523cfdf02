import { TokenClientError } from '../errors.ts'
import type { Warning } from '../events.ts'
import type { Answer } from '../http/exchange.ts'
import { limits } from '../limits.ts'
import { isScopeToken, splitScope } from '../token/scope.ts'
import { readExpiry } from './expiry.ts'
import { jsonMembers } from './json-members.ts'
import { oauthErrorWord, oauthFailure } from './oauth-error.ts'
import { type ResponseContext, statusRefusal } from './status-refusal.ts'

/** What a successful token response says (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly value: string
  /** The granted scope. Undefined: as requested. Empty: nothing was granted. */
  readonly scope: readonly string[] | undefined
  /** Milliseconds as the server has told them, 0 too; undefined when it did not say. */
  readonly life: number | undefined
  readonly warnings: readonly Warning[]
}

/**
 * Reads a token endpoint's answer: tolerant where servers differ, strict about what is put on the wire later.
 * Throws `TokenClientError` for a refusal and for an answer that cannot be used. Other members than the five of the RFC are not looked at.
 */
export function readTokenResponse(answer: Answer, context: ResponseContext): TokenResponse {
  if (answer.status !== 200) throw statusRefusal(answer, context)

  const { host } = new URL(context.tokenEndpoint)
  const members = jsonMembers(answer, host)
  const word = oauthErrorWord(members)
  if (word !== undefined) throw oauthFailure(word, { host, status: 200 })

  const value = readValue(members.get('access_token'), host)
  const typeWarnings = readType(members.get('token_type'), host)
  const { life, warning } = readExpiry(members.get('expires_in'), host)
  const scope = readScope(members.get('scope'), host)
  return { value, scope, life, warnings: warning === undefined ? typeWarnings : [...typeWarnings, warning] }
}

function readValue(value: unknown, host: string): string {
  if (typeof value !== 'string') throw malformed('ERR_MALFORMED_TOKEN', `${host} answered without an access token.`)
  // Visible ASCII is what a header can carry unchanged.
  if (!/^[\x21-\x7e]+$/.test(value))
    throw malformed('ERR_MALFORMED_TOKEN', `${host} gave an access token that is empty or does not fit into a header.`)
  if (value.length > limits.tokenBytes)
    throw malformed('ERR_MALFORMED_TOKEN', `${host} gave an access token of more than ${limits.tokenBytes} bytes.`)
  return value
}

function readType(type: unknown, host: string): Warning[] {
  if (type === undefined || type === null)
    return [{ code: 'token_type_missing', message: `${host} does not name the type of its token: taken as Bearer.` }]
  if (typeof type === 'string' && type.toLowerCase() === 'bearer') return []
  throw new TokenClientError(
    'ERR_UNSUPPORTED_TOKEN_TYPE',
    `${host} gave a token of another type than Bearer. Have it issue bearer tokens to this client.`,
    { transient: false, status: 200 }
  )
}

function readScope(scope: unknown, host: string): readonly string[] | undefined {
  if (scope === undefined || scope === null) return undefined
  const granted = typeof scope === 'string' ? splitScope(scope) : undefined
  if (granted?.every(isScopeToken)) return granted
  throw malformed(
    'ERR_MALFORMED_SCOPE',
    `${host} answered with a scope that is not the space-delimited string of the RFC.`
  )
}

function malformed(code: 'ERR_MALFORMED_TOKEN' | 'ERR_MALFORMED_SCOPE', message: string): TokenClientError {
  return new TokenClientError(code, message, { transient: true, status: 200 })
}
