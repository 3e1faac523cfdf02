import {
  CredentialFault,
  type CredentialSource,
  configured,
  fixed,
  supplied
} from '../client-authentication/credential-source.ts'
import { httpToken } from '../http/http-token.ts'
import { isIterable } from '../own-members.ts'
import { kindOf, shownName } from '../wrong-option.ts'

/** Further header fields of token requests, or a function that gives them for each request. */
export type TokenRequestHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>)

/** Lower-case names. */
export type HeaderFields = Readonly<Record<string, string>>

/** These headers belong to the request and its proof. The others belong to the connection. */
const owned =
  /^(?:authorization|host|content-.*|dpop|accept-encoding|connection|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/
const fieldValue = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/

/** Throws ClientConfigurationError. The result of a function is checked when it is called. No message shows a value, which can be a key. */
export function headersOption(given: unknown): CredentialSource<HeaderFields> | undefined {
  if (given === undefined) return undefined
  const wanted = "an object like { 'x-api-key': '…' }"
  if (typeof given === 'function') return supplied('headers', wanted, given as () => unknown, headerFields)
  return fixed(configured('headers', `Give ${wanted}, or a function that returns one.`, () => headerFields(given)))
}

function headerFields(given: unknown): HeaderFields {
  // A Map or a Headers has no own members, so all of it would be ignored silently.
  if (typeof given !== 'object' || given === null || isIterable(given))
    throw new CredentialFault(`is ${kindOf(given)}, not an object`)
  const fields = new Map<string, string>()
  for (const [written, value] of Object.entries(given)) {
    const name = written.toLowerCase()
    const fault = fieldFault(name, value) ?? (fields.has(name) ? 'occurs twice' : undefined)
    if (fault !== undefined) throw new CredentialFault(`has a field "${shownName(name)}" that ${fault}`)
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

function fieldFault(name: string, value: unknown): string | undefined {
  if (!httpToken.test(name)) return 'has a name that HTTP does not allow'
  if (owned.test(name)) return 'belongs to the token request itself'
  if (typeof value !== 'string') return `is ${kindOf(value)}, not a string`
  return fieldValue.test(value) ? undefined : 'is empty, or has a character that no header field can carry'
}
