import { readFile } from 'node:fs/promises'
import { clientOptionsFrom, createTokenClient, type TokenClientError } from 'service-token-client'
import { printable } from '../../printed-words.ts'
import { type Finding, type FindingName, finding } from '../finding.ts'
import { answerOfTokenEndpoint, type Visit } from '../visit.ts'
import { findingForFailure } from './failed-step.ts'

type Settings = Readonly<Record<string, string | undefined>>

const methodSetting = 'SERVICE_TOKEN_AUTHENTICATION_METHOD'
const encodingSetting = 'SERVICE_TOKEN_BASIC_ENCODING'

export interface RefusedCredential {
  readonly visit: Visit
  /** The settings that the client was created from. */
  readonly settings: Settings
  readonly error: TokenClientError
  /** The methods in the metadata; empty if it lists none. */
  readonly offered: readonly string[]
}

/** Tries a refused secret in other forms, to tell whether the secret is wrong or only its form. */
export async function findingForCredential({ visit, settings, error, offered }: RefusedCredential): Promise<Finding> {
  const { clientAuthentication } = visit.options
  const method = clientAuthentication?.method
  if (method !== undefined && offered.length > 0 && !offered.includes(method))
    return finding(
      'method-not-offered',
      `${method} is configured, but the server accepts ${printable(offered.join(', '))}.`
    )
  for (const trial of await trialsFor(settings, offered)) {
    if (await works({ ...settings, ...trial.settings })) return finding(trial.name, trial.what)
  }
  return findingForFailure(error, answerOfTokenEndpoint(visit))
}

interface Trial {
  readonly name: FindingName
  readonly what: string
  readonly settings: Settings
}

/** There are at most two trials, because servers lock out clients that fail too often. */
async function trialsFor(settings: Settings, offered: readonly string[]): Promise<Trial[]> {
  const secret = await secretIn(settings)
  const method = settings[methodSetting]
  if (secret === undefined || (method !== undefined && method !== 'client_secret_basic')) return []
  const basic = method !== undefined || offered.length === 0 || offered.includes('client_secret_basic')
  const encoded = new URLSearchParams([['', settings.SERVICE_TOKEN_CLIENT_ID + secret]]).toString().slice(1)
  const otherForm = basic && encoded !== settings.SERVICE_TOKEN_CLIENT_ID + secret ? [otherEncoding(settings)] : []
  const post = offered.length === 0 || offered.includes('client_secret_post') ? [inTheForm] : []
  return [...otherForm, ...(basic ? post : [])]
}

function otherEncoding(settings: Settings): Trial {
  const raw = settings[encodingSetting] === 'raw'
  return {
    name: raw ? 'secret-needs-encoding' : 'secret-refuses-encoding',
    what: `The server refuses the secret ${raw ? 'as it is' : 'form-encoded'}, but accepts it ${raw ? 'form-encoded' : 'as it is'}.`,
    settings: { [methodSetting]: 'client_secret_basic', [encodingSetting]: raw ? 'form' : 'raw' }
  }
}

const inTheForm: Trial = {
  name: 'method-other-works',
  what: 'The server refuses client_secret_basic, but accepts client_secret_post.',
  settings: { [methodSetting]: 'client_secret_post', [encodingSetting]: undefined }
}

async function secretIn(settings: Settings): Promise<string | undefined> {
  const file = settings.SERVICE_TOKEN_CLIENT_SECRET_FILE
  if (file === undefined) return settings.SERVICE_TOKEN_CLIENT_SECRET
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text?.replace(/\r?\n$/, '')
}

async function works(settings: Settings): Promise<boolean> {
  const client = createTokenClient(clientOptionsFrom(settings))
  try {
    await client.getToken()
    return true
  } catch {
    return false
  } finally {
    await client.close()
  }
}
