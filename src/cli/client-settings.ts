import { clientOptionsFrom, type TokenClientOptions } from 'service-token-client'
import { type OptionDescriptions, UsageError } from './command.ts'
import { readConfig } from './config-file.ts'
import type { Terminal } from './terminal.ts'

/** The flags of every command that asks for tokens. `--client-id` sets the same as the variable `SERVICE_TOKEN_CLIENT_ID`, and so on. */
export const settingOptions = {
  config: { type: 'string', value: 'FILE', about: 'A JSON file with settings: { "issuer": "…", "clientId": "…" }.' },
  issuer: { type: 'string', value: 'URL', about: 'The authorization server. Its endpoints are discovered.' },
  'token-endpoint': {
    type: 'string',
    value: 'URL',
    about: 'The URL of the token endpoint, if you do not want discovery.'
  },
  'client-id': { type: 'string', value: 'ID', about: 'The id of the client at the authorization server.' },
  'client-secret-file': {
    type: 'string',
    value: 'FILE',
    about: 'A file with the secret. Use - to read it from standard input.'
  },
  'private-key-file': { type: 'string', value: 'FILE', about: 'A file with a private key (PEM or JWK).' },
  'certificate-file': { type: 'string', value: 'FILE', about: 'A file with the certificate of the private key (PEM).' },
  'assertion-file': { type: 'string', value: 'FILE', about: 'A file with an assertion that another program writes.' },
  'authentication-method': {
    type: 'string',
    value: 'METHOD',
    about: 'client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth …'
  },
  'basic-encoding': {
    type: 'string',
    value: 'ENCODING',
    about: 'How client_secret_basic encodes the secret: form (the default) or raw.'
  },
  'key-id': { type: 'string', value: 'KID', about: "The name of the private key in the client's JWKS." },
  dpop: { type: 'boolean', about: 'Ask for a token that is bound to a key (DPoP).' },
  'dpop-key-file': {
    type: 'string',
    value: 'FILE',
    about: 'A file with the key that tokens are bound to (PEM or JWK).'
  },
  'ca-file': {
    type: 'string',
    value: 'FILE',
    about: 'A file with the certificate authorities that you trust for the server (PEM).'
  },
  proxy: {
    type: 'string',
    value: 'URL',
    about: 'The proxy for requests, or the word environment for HTTPS_PROXY and NO_PROXY.'
  },
  scope: { type: 'string', value: 'SCOPE', about: 'The scopes to ask for, separated by spaces.' },
  audience: { type: 'string', value: 'AUDIENCE', about: 'The audience to ask for.' },
  resource: { type: 'string', value: 'URI', about: 'The resource indicators to ask for, separated by spaces.' },
  timeout: { type: 'string', value: 'MS', about: 'How many milliseconds to wait for a token.' }
} as const satisfies OptionDescriptions

const prefix = 'SERVICE_TOKEN_'
const secret = 'CLIENT_SECRET'

const credentials = [secret, 'CLIENT_SECRET_FILE', 'PRIVATE_KEY_FILE', 'ASSERTION_FILE']

/** The settings of a credential. A layer with a credential replaces all of these in the layers below it. */
const credentialSettings = [...credentials, 'CERTIFICATE_FILE', 'AUTHENTICATION_METHOD', 'BASIC_ENCODING', 'KEY_ID']

/** Setting without the prefix, to its value. */
type Layer = Readonly<Record<string, string>>

export interface Given {
  readonly values: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly terminal: Terminal
}

/**
 * The client's options from flags, variables and the file of `--config`, in this order of precedence. If there is no credential and a person sits at the
 * terminal, this asks for the secret.
 * @throws UsageError, ClientConfigurationError
 */
export async function clientOptions(given: Given): Promise<TokenClientOptions> {
  return clientOptionsFrom(await settingsFor(given))
}

/** The settings of `clientOptions`, as `SERVICE_TOKEN_…` variables. */
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
  const given = flags.map((flag) => [settingOf(flag), values[flag] === true ? 'true' : values[flag]] as const)
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
    if (piped === undefined || piped.trim() === '')
      throw new UsageError('--client-secret-file - needs the client secret on standard input. Pipe it in.')
    return { ...others, [secret]: piped.replace(/\r?\n$/, '') }
  }
  if (settings.CLIENT_ID === undefined || credentials.some((name) => name in settings)) return settings
  const typed = await terminal.askSecret('Client secret: ')
  return typed === undefined ? settings : { ...settings, [secret]: typed }
}

function withPrefix(settings: Layer): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [prefix + name, value]))
}
