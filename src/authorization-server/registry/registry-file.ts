import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ClientConfigurationError } from '../../errors.ts'
import { isUrl } from '../../realm.ts'
import { checkRegistry } from './check-registry.ts'
import { jsonPlaces, lineAndColumn } from './json-places.ts'
import { problemsError } from './problems.ts'
import type { ClientRegistration, Registry } from './registration.ts'

/**
 * Reads the registry from a JSON file: `{ "services": { … }, "clients": [ … ] }`, or the short form with only clients.
 * @throws ClientConfigurationError (as a rejection) with the line and column of each problem
 */
export async function readRegistry(file: string | URL): Promise<Registry> {
  return parseRegistry(await registryText(file), nameOf(file))
}

/** Reads the clients from a registry file in the short form. Rejects like `readRegistry`. */
export async function readClients(file: string | URL): Promise<readonly ClientRegistration[]> {
  const { services, clients } = await readRegistry(file)
  if (services === undefined) return clients
  throw unusable(nameOf(file), 'has "services" as well. Read it with readRegistry()')
}

/** Parses a registry. `name` stands before each problem. @throws ClientConfigurationError */
export function parseRegistry(text: string, name: string): Registry {
  const places = jsonPlaces(text)
  const at = (offset: number) => `${name}:${lineAndColumn(text, offset)}`
  if (places.syntaxError !== undefined) throw unusable(at(places.syntaxError), 'is not valid JSON from here on')
  if (places.repeated !== undefined)
    throw unusable(
      at(places.repeated.offset),
      `has the member "${places.repeated.name}" twice in the same object. Keep one`
    )
  const document: unknown = JSON.parse(text)
  const problems = checkRegistry(document)
  if (problems.length > 0) throw problemsError(problems, (path) => at(places.offset(path)))
  return document as Registry
}

export async function registryText(file: string | URL): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw unusable(nameOf(file), `cannot be read (${error.code})`)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unusable(nameOf(file), 'is not UTF-8')
  }
}

/** The path of a file for messages. */
export function nameOf(file: string | URL): string {
  return isUrl(file) ? fileURLToPath(file) : file
}

function unusable(place: string, fault: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `${place}: the registry ${fault}.`)
}
