import { ClientConfigurationError, TokenClientError } from '../errors.ts'
import { Secret } from '../token/secret.ts'
import { secretFault } from './secret-fault.ts'

/** A secret as users give it: the string, or a function that fetches it and is called before every token request. */
export type ClientSecret = string | (() => string | Promise<string>)

/** Where a secret comes from. */
export interface SecretSource {
  /** The secret as it is now. Rejects with `ERR_SECRET_UNAVAILABLE` when there is none and never was. */
  read(): Promise<Secret>
}

/** Throws `ERR_INVALID_OPTION` or `ERR_MISSING_OPTION` for a string that no server can have given out. */
export function secretSource(given: ClientSecret): SecretSource {
  if (typeof given === 'function') return suppliedSecret(given)
  const secret = fixedSecret(given)
  return { read: async () => secret }
}

function fixedSecret(text: string): Secret {
  if (text === undefined) {
    throw new ClientConfigurationError('ERR_MISSING_OPTION', 'clientSecret is missing. Give a string or a function.')
  }
  const fault = secretFault(text)
  if (fault !== undefined) {
    const message = `clientSecret ${fault}. Give the secret exactly as the authorization server issued it.`
    throw new ClientConfigurationError('ERR_INVALID_OPTION', message)
  }
  return new Secret(text)
}

function suppliedSecret(supply: () => string | Promise<string>): SecretSource {
  let lastGood: Secret | undefined
  return {
    async read() {
      try {
        lastGood = checked(await supply())
      } catch (error) {
        if (lastGood === undefined) throw unavailable(error)
      }
      return lastGood
    }
  }
}

function checked(text: string): Secret {
  const fault = secretFault(text)
  if (fault === undefined) return new Secret(text)
  throw new TypeError(`What the clientSecret function returned ${fault}.`)
}

function unavailable(cause: unknown): TokenClientError {
  const message = 'The clientSecret function gave no usable secret. The cause says why.'
  return new TokenClientError('ERR_SECRET_UNAVAILABLE', message, { transient: true, cause })
}
