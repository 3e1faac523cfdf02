import { readFile } from 'node:fs/promises'
import { ClientConfigurationError } from '../../errors.ts'
import type { ClientRegistration } from './client-registration.ts'

/**
 * The clients in a JSON file, `{ "clients": [{ "clientId": …, "clientSecret": …, "scope": […] }] }`, for `startAuthorizationServer`.
 * Rejects with `ClientConfigurationError` when there is no such file or it is not of this form.
 */
export async function readClients(file: string | URL): Promise<readonly ClientRegistration[]> {
  const document = await readJson(file)
  // What stands in the list is checked where the clients are registered.
  if (isObject(document) && Array.isArray(document.clients)) return document.clients
  throw unusable(file, 'has no array "clients"')
}

async function readJson(file: string | URL): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw unusable(file, 'cannot be read')
  })
  try {
    return JSON.parse(text)
  } catch {
    // The error of JSON.parse quotes the text, secrets included.
    throw unusable(file, 'is not JSON')
  }
}

function isObject(value: unknown): value is { readonly clients?: unknown } {
  return typeof value === 'object' && value !== null
}

function unusable(file: string | URL, fault: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `clients: the file ${file} ${fault}.`)
}
