import type { Secret } from '../token/secret.ts'
import { checkedFields, oneOf, trueOrFalse, wrong } from '../wrong-option.ts'
import type { ClientAuthentication, TokenRequestDraft } from './client-authentication.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { type ClientSecret, secretRing } from './secret-source.ts'

export interface ClientSecretBasicOptions {
  /** `form` (the default) encodes both halves as the RFC says. `raw` is for servers that do not decode them. */
  readonly encoding?: 'form' | 'raw'
  /** Also sends `client_id` in the form, for servers that look up the client there. */
  readonly clientIdInForm?: boolean
}

/** `client_secret_basic`: both credentials in the `Authorization` header (RFC 6749 §2.3.1). */
export function clientSecretBasic(
  secret: ClientSecret | readonly ClientSecret[],
  options: ClientSecretBasicOptions = {}
): ClientAuthentication {
  const known = ['encoding', 'clientIdInForm']
  const { encoding = 'form', clientIdInForm = false } = checkedFields('clientSecretBasic options', options, known)
  oneOf('encoding', encoding, ['form', 'raw'])
  trueOrFalse('clientIdInForm', clientIdInForm)
  const prove = encoding === 'form' ? proveFormEncoded : proveRaw
  return ringAuthentication(secretRing(secret), {
    method: 'client_secret_basic',
    prove(draft, current) {
      if (clientIdInForm) draft.form.set('client_id', draft.clientId)
      prove(draft, current)
    }
  })
}

/** application/x-www-form-urlencoded in both halves (RFC 6749 App. B). */
export function proveFormEncoded({ clientId, headers }: TokenRequestDraft, secret: Secret): void {
  headers.authorization = basic(formEncode(clientId), formEncode(secret.reveal()))
}

function proveRaw({ clientId, headers }: TokenRequestDraft, secret: Secret): void {
  if (clientId.includes(':')) {
    const remedy = "Use clientSecretPost, or encoding: 'form'."
    wrong("A clientId with ':'", 'cannot be sent raw', remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  headers.authorization = basic(clientId, secret.reveal())
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

/** The platform's own writer of forms, without a name. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
