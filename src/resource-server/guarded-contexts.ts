import { ClientConfigurationError } from '../errors.ts'
import type { VerifiedToken } from './verified-token.ts'

const verified = new WeakMap<object, VerifiedToken>()

/** Remembers that a guard has let this context pass with this token. */
export function rememberToken(context: object, token: VerifiedToken | undefined): void {
  if (token !== undefined) verified.set(context, token)
}

export function optionalTokenOf(context: object): VerifiedToken | undefined {
  return verified.get(context)
}

/** @throws ClientConfigurationError if no guard has checked the request before. */
export function tokenOf(context: object): VerifiedToken {
  const token = verified.get(context)
  if (token !== undefined) return token
  const message =
    'No token was checked for this request. Put requireToken() before this handler. If the token is optional, use optionalAccessTokenOf().'
  throw new ClientConfigurationError('ERR_MISSING_OPTION', message)
}
