import { OAuthError } from './refusal-error.ts'

/** The parameters of a form. A parameter without a value counts as left out (RFC 6749 §3.2). */
export interface Form {
  value(name: string): string | undefined
  /** All values of a parameter that may be repeated. */
  values(name: string): readonly string[]
}

/** Only resource indicators may be repeated (RFC 8707 §2). */
const repeatable = new Set(['resource'])

/** @throws OAuthError `invalid_request` if the body is not a form or not UTF-8, or if a parameter is repeated */
export function parseForm(contentType: string | undefined, body: Uint8Array): Form {
  if (mediaType(contentType) !== 'application/x-www-form-urlencoded')
    throw new OAuthError('invalid_request', 'The body must be application/x-www-form-urlencoded.')
  const parameters = new URLSearchParams(decodeUtf8(body))
  for (const name of new Set(parameters.keys()))
    if (parameters.getAll(name).length > 1 && !repeatable.has(name))
      throw new OAuthError('invalid_request', 'A parameter is repeated.')
  return form(parameters)
}

/** A form for a request that the server makes up. Undefined fields are left out. */
export function formFrom(fields: Readonly<Record<string, string | undefined>>): Form {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return form(new URLSearchParams(given))
}

function form(parameters: URLSearchParams): Form {
  return {
    value: (name) => parameters.get(name) || undefined,
    values: (name) => parameters.getAll(name).filter((value) => value !== '')
  }
}

function mediaType(contentType = ''): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new OAuthError('invalid_request', 'The body is not UTF-8.')
  }
}
