import { clientOptionsFrom, type TokenClientOptions } from 'service-token-client'
import { type OptionDescriptions, UsageError } from './command.ts'
import { readConfig } from './config-file.ts'
import type { Terminal } from './terminal.ts'

/** The flags of every command that asks for tokens. Each stands for the variable `SERVICE_TOKEN_` and its name in capitals. */
export const settingOptions = {
  config: { type: 'string', value: 'FILE', about: 'A JSON file with settings: { "issuer": "…", "clientId": "…" }.' },
  issuer: { type: 'string', value: 'URL', about: 'The authorization server; its endpoints are discovered.' },
  'token-endpoint': { type: 'string', value: 'URL', about: 'The token endpoint, when nothing is to be discovered.' },
  'client-id': { type: 'string', value: 'ID', about: 'The id that the authorization server knows the client by.' },
  'client-secret-file': {
    type: 'string',
    value: 'FILE',
    about: 'A file with the secret. Use - to read it from standard input.'
  },
  'private-key-file': { type: 'string', value: 'FILE', about: 'A private key, PEM or JWK.' },
  'certificate-file': { type: 'string', value: 'FILE', about: 'The certificate of the private key, PEM.' },
  'assertion-file': { type: 'string', value: 'FILE', about: 'A file with an assertion that somebody else writes.' },
  'authentication-method': {
    type: 'string',
    value: 'METHOD',
    about: 'client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth …'
  },
  'basic-encoding': { type: 'string', value: 'ENCODING', about: 'form or raw, for client_secret_basic.' },
  'key-id': { type: 'string', value: 'KID', about: "The name of the private key in the client's JWKS." },
  'ca-file': { type: 'string', value: 'FILE', about: 'PEM of the authorities that the server is trusted by.' },
  proxy: { type: 'string', value: 'URL', about: 'The proxy that requests go through, or the word environment.' },
  scope: { type: 'string', value: 'SCOPE', about: 'Scopes to ask for, with spaces between them.' },
  audience: { type: 'string', value: 'AUDIENCE', about: 'The audience to ask for.' },
  resource: { type: 'string', value: 'URI', about: 'Resource indicators to ask for, with spaces between them.' },
  timeout: { type: 'string', value: 'MS', about: 'Milliseconds to wait for a token.' }
} as const satisfies OptionDescriptions

const prefix = 'SERVICE_TOKEN_'
const secret = 'CLIENT_SECRET'

const credentials = [secret, 'CLIENT_SECRET_FILE', 'PRIVATE_KEY_FILE', 'ASSERTION_FILE']

/** What belongs to a credential: a layer that names one replaces all of them in the layers below. */
const credentialSettings = [...credentials, 'CERTIFICATE_FILE', 'AUTHENTICATION_METHOD', 'BASIC_ENCODING', 'KEY_ID']

/** Setting, without the prefix → value. */
type Layer = Readonly<Record<string, string>>

export interface Given {
  readonly values: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly terminal: Terminal
}

/**
 * The client's options, from the flags, the variables and the file: the first that has a setting counts. Where no credential is given and a person sits there,
 * the secret is asked for. Throws UsageError and ClientConfigurationError.
 */
export async function clientOptions(given: Given): Promise<TokenClientOptions> {
  return clientOptionsFrom(await settingsFor(given))
}

/** The merged settings, as variables. */
export async function settingsFor({ values, environment, terminal }: Given): Promise<Record<string, string>> {
  const file = typeof values.config === 'string' ? await readConfig(values.config, knownSettings) : {}
  const settings = [file, ofEnvironment(environment), ofFlags(values)].reduce(covered)
  return withPrefix(await withSecret(settings, terminal))
}

const flags = Object.keys(settingOptions).filter((flag) => flag !== 'config')
const knownSettings = [...flags.map(settingOf), secret]

function settingOf(flag: string): string {
  return flag.toUpperCase().replaceAll('-', '_')
}

function ofFlags(values: Readonly<Record<string, unknown>>): Layer {
  if (typeof values.proxy === 'string' && /@/.test(values.proxy))
    throw new UsageError(
      '--proxy cannot contain a user name or a password. Use SERVICE_TOKEN_PROXY for a URL that has them.'
    )
  const given = flags.map((flag) => [settingOf(flag), values[flag]] as const)
  return Object.fromEntries(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function ofEnvironment(environment: Given['environment']): Layer {
  const ours = Object.entries(environment).filter(([name, value]) => name.startsWith(prefix) && value !== '')
  return Object.fromEntries(ours.map(([name, value = '']) => [name.slice(prefix.length), value]))
}

function covered(below: Layer, above: Layer): Layer {
  const replaced = credentials.some((name) => name in above) ? credentialSettings : []
  const kept = Object.entries(below).filter(([name]) => !replaced.includes(name))
  return { ...Object.fromEntries(kept), ...above }
}

async function withSecret(settings: Layer, terminal: Terminal): Promise<Layer> {
  const { CLIENT_SECRET_FILE, ...others } = settings
  if (CLIENT_SECRET_FILE === '-') {
    const piped = await terminal.readInput()
    if (piped === undefined || piped.trim() === '') throw new UsageError('Pipe the client secret into standard input.')
    return { ...others, [secret]: piped.replace(/\r?\n$/, '') }
  }
  if (settings.CLIENT_ID === undefined || credentials.some((name) => name in settings)) return settings
  const typed = await terminal.askSecret('Client secret: ')
  return typed === undefined ? settings : { ...settings, [secret]: typed }
}

function withPrefix(settings: Layer): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [prefix + name, value]))
}
