import { readFile } from 'node:fs/promises'
import type { AuthorizationServerOptions } from 'service-token-client/authorization-server'
import { type OptionDescriptions, type OptionValues, UsageError } from '../command.ts'
import { serveProfile } from './serve-profile.ts'

export const serveOptions = {
  port: { type: 'string', value: 'PORT', about: 'The port it listens on; 9400 unless given.' },
  host: {
    type: 'string',
    value: 'HOST',
    about: 'What it listens on; 127.0.0.1 unless given. Beyond this machine it needs an admin secret.'
  },
  issuer: { type: 'string', value: 'URL', about: 'The name of the server in tokens; its address unless given.' },
  write: { type: 'boolean', about: 'Changes that are made in the page, or over HTTP, go into the registry file.' },
  keys: { type: 'string', value: 'FILE', about: 'Keeps the signing keys there, so that tokens count after a restart.' },
  lifetime: { type: 'string', value: 'SECONDS', about: 'How long tokens live; 43200 unless given.' },
  format: { type: 'string', value: 'FORMAT', about: 'jwt or opaque.' },
  algorithm: { type: 'string', value: 'ALG', about: 'What tokens are signed with; ES256 unless given.' },
  profile: {
    type: 'string',
    value: 'PROFILE',
    about: 'Tokens as another kind of server writes them: cognito, keycloak, entra:TENANT and so on.'
  },
  'signing-secret-file': { type: 'string', value: 'FILE', about: 'The secret of HS256, HS384 and HS512.' },
  'tls-cert': {
    type: 'string',
    value: 'FILE',
    about: 'The certificate of a second token endpoint, which asks clients for theirs; PEM.'
  },
  'tls-key': { type: 'string', value: 'FILE', about: 'The private key of that certificate; PEM.' },
  'tls-ca': { type: 'string', value: 'FILE', about: "The authorities of the clients' certificates; PEM." },
  'tls-port': { type: 'string', value: 'PORT', about: 'The port of that endpoint; 9443 unless given.' },
  'admin-secret-file': {
    type: 'string',
    value: 'FILE',
    about: 'Who opens the page must know what is in it; or in SERVICE_TOKEN_ADMIN_SECRET.'
  },
  cors: {
    type: 'string',
    multiple: true,
    value: 'ORIGIN',
    about: 'An origin whose pages may read the answers in a browser; may be given several times.'
  },
  silent: { type: 'boolean', about: 'Print nothing.' },
  schema: { type: 'boolean', about: 'Print the JSON Schema of a registry, and start nothing.' }
} as const satisfies OptionDescriptions

type Values = OptionValues<typeof serveOptions>
type Environment = Readonly<Record<string, string | undefined>>

/** Whoever starts it twice must be told, so the port is fixed. */
const usualPort = 9400
const usualTlsPort = 9443

/** @throws UsageError; what only the server can judge, it refuses with a ClientConfigurationError. */
export async function serverOptions(values: Values, environment: Environment): Promise<AuthorizationServerOptions> {
  const { host, issuer, keys, lifetime, format, algorithm, profile, cors } = values
  const given = {
    port: portOf('port', values.port, usualPort),
    host,
    issuer,
    keysFile: keys,
    accessTokenLifetime: lifetime === undefined ? undefined : 1000 * lifetimeOf(lifetime),
    accessTokenFormat: format,
    signingAlgorithm: algorithm,
    profile: profile === undefined ? undefined : await serveProfile(profile),
    cors,
    signingSecret: await secretIn('signing-secret-file', values['signing-secret-file']),
    tls: await tlsOf(values),
    adminSecret: await adminSecret(values, environment)
  }
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined)
  ) as AuthorizationServerOptions
}

async function adminSecret(values: Values, { SERVICE_TOKEN_ADMIN_SECRET: variable }: Environment) {
  const file = values['admin-secret-file']
  if (file !== undefined && variable)
    throw new UsageError('Give --admin-secret-file or SERVICE_TOKEN_ADMIN_SECRET, not both.')
  return file === undefined ? variable || undefined : secretIn('admin-secret-file', file)
}

async function tlsOf(values: Values) {
  const files = { cert: values['tls-cert'], key: values['tls-key'], ca: values['tls-ca'] }
  const port = portOf('tls-port', values['tls-port'], usualTlsPort)
  if (Object.values(files).every((file) => file === undefined)) {
    if (values['tls-port'] !== undefined) throw new UsageError('--tls-port needs --tls-cert, --tls-key and --tls-ca.')
    return undefined
  }
  const [cert, key, ca] = await Promise.all(Object.entries(files).map(([name, file]) => contentOf(`tls-${name}`, file)))
  return { cert, key, ca, port }
}

/** Without the line break that editors and `echo` put at the end. */
async function secretIn(flag: string, file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await contentOf(flag, file)).replace(/\r?\n$/, '')
}

async function contentOf(flag: string, file: string | undefined): Promise<string> {
  if (file === undefined)
    throw new UsageError(`--${flag} is missing: --tls-cert, --tls-key and --tls-ca belong together.`)
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The file of --${flag} cannot be read (${error.code}).`)
  })
}

function portOf(flag: string, text: string | undefined, usual: number): number {
  const port = text === undefined ? usual : numberOf(flag, text)
  if (!Number.isInteger(port) || port > 65_535) throw new UsageError(`--${flag} must be a port: a number up to 65535.`)
  return port
}

function lifetimeOf(text: string): number {
  const seconds = numberOf('lifetime', text)
  if (seconds < 1) throw new UsageError('--lifetime must be at least 1: it is in seconds.')
  return seconds
}

function numberOf(flag: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${flag} must be a number.`)
  return Number(text)
}
