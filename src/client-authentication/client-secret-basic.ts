import { ClientConfigurationError } from '../errors.ts'
import type { ClientAuthentication } from './client-authentication.ts'
import { type ClientSecret, secretSource } from './secret-source.ts'

export interface ClientSecretBasicOptions {
  /** `form` (the default) encodes both halves as the RFC says; `raw` is for servers that do not decode them. */
  readonly encoding?: 'form' | 'raw'
}

/** `client_secret_basic`: both credentials in the `Authorization` header (RFC 6749 §2.3.1). */
export function clientSecretBasic(
  secret: ClientSecret,
  { encoding = 'form' }: ClientSecretBasicOptions = {}
): ClientAuthentication {
  if (encoding !== 'form' && encoding !== 'raw') {
    throw new ClientConfigurationError('ERR_INVALID_OPTION', "encoding is unknown. Give 'form' or 'raw'.")
  }
  const source = secretSource(secret)
  const encode = encoding === 'form' ? formEncode : (text: string) => text
  return {
    method: 'client_secret_basic',
    async authenticate({ clientId, headers }) {
      if (encoding === 'raw' && clientId.includes(':')) throw colonInRawId()
      const credentials = `${encode(clientId)}:${encode((await source.read()).reveal())}`
      headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
    }
  }
}

/** application/x-www-form-urlencoded (RFC 6749 App. B): the platform's own writer of it, without a name. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

function colonInRawId(): ClientConfigurationError {
  const message = "A clientId with ':' cannot be sent raw. Use clientSecretPost, or encoding: 'form'."
  return new ClientConfigurationError('ERR_CONFLICTING_OPTIONS', message)
}
