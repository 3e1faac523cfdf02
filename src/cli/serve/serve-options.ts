import { readFile } from 'node:fs/promises'
import type { AuthorizationServerOptions } from 'service-token-client/authorization-server'
import { type OptionDescriptions, type OptionValues, UsageError } from '../command.ts'
import { serveProfile } from './serve-profile.ts'

export const serveOptions = {
  port: { type: 'string', value: 'PORT', about: 'The port to listen on; 9400 by default.' },
  host: {
    type: 'string',
    value: 'HOST',
    about: 'The address to listen on; 127.0.0.1 by default. An address that other machines reach needs an admin secret.'
  },
  issuer: { type: 'string', value: 'URL', about: 'The issuer in tokens; the address of the server by default.' },
  write: { type: 'boolean', about: 'Write changes that you make in the page or over HTTP into the registry file.' },
  keys: {
    type: 'string',
    value: 'FILE',
    about: 'The file that stores the signing keys, so that tokens stay valid after a restart.'
  },
  lifetime: { type: 'string', value: 'SECONDS', about: 'How many seconds a token lives; 43200 by default.' },
  format: { type: 'string', value: 'FORMAT', about: 'The form of tokens: jwt (the default) or opaque.' },
  algorithm: { type: 'string', value: 'ALG', about: 'The algorithm that signs tokens; ES256 by default.' },
  profile: {
    type: 'string',
    value: 'PROFILE',
    about: 'Write tokens as another server does: cognito, keycloak, entra:TENANT and so on.'
  },
  'signing-secret-file': {
    type: 'string',
    value: 'FILE',
    about: 'A file with the signing secret for HS256, HS384 and HS512.'
  },
  'tls-cert': {
    type: 'string',
    value: 'FILE',
    about: 'The certificate (PEM) of a second token endpoint, which asks for client certificates.'
  },
  'tls-key': { type: 'string', value: 'FILE', about: 'The private key (PEM) of that certificate.' },
  'tls-ca': { type: 'string', value: 'FILE', about: "The authorities (PEM) that sign the clients' certificates." },
  'tls-port': { type: 'string', value: 'PORT', about: 'The port of that token endpoint; 9443 by default.' },
  'admin-secret-file': {
    type: 'string',
    value: 'FILE',
    about:
      'A file with the secret that a person needs to open the page. SERVICE_TOKEN_ADMIN_SECRET can hold it instead.'
  },
  cors: {
    type: 'string',
    multiple: true,
    value: 'ORIGIN',
    about: 'An origin whose pages may read the answers in a browser. You can give it several times.'
  },
  silent: { type: 'boolean', about: 'Print nothing.' },
  schema: { type: 'boolean', about: 'Only print the JSON Schema of a registry.' }
} as const satisfies OptionDescriptions

type Values = OptionValues<typeof serveOptions>
type Environment = Readonly<Record<string, string | undefined>>

/** The default port is fixed, so that somebody who starts the server twice gets an error. */
const usualPort = 9400
const usualTlsPort = 9443

/** @throws UsageError; the server itself checks the rest and throws ClientConfigurationError */
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
    throw new UsageError('--admin-secret-file and SERVICE_TOKEN_ADMIN_SECRET cannot be combined. Keep one of the two.')
  return file === undefined ? variable || undefined : secretIn('admin-secret-file', file)
}

async function tlsOf(values: Values) {
  const files = { cert: values['tls-cert'], key: values['tls-key'], ca: values['tls-ca'] }
  const port = portOf('tls-port', values['tls-port'], usualTlsPort)
  if (Object.values(files).every((file) => file === undefined)) {
    if (values['tls-port'] !== undefined)
      throw new UsageError(
        '--tls-port only works with --tls-cert, --tls-key and --tls-ca. Give them too, or leave it out.'
      )
    return undefined
  }
  const [cert, key, ca] = await Promise.all(Object.entries(files).map(([name, file]) => contentOf(`tls-${name}`, file)))
  return { cert, key, ca, port }
}

/** Removes the line break that editors and `echo` put at the end. */
async function secretIn(flag: string, file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await contentOf(flag, file)).replace(/\r?\n$/, '')
}

async function contentOf(flag: string, file: string | undefined): Promise<string> {
  if (file === undefined)
    throw new UsageError(`--${flag} is missing. --tls-cert, --tls-key and --tls-ca only work together.`)
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The file of --${flag} cannot be read (${error.code}).`)
  })
}

function portOf(flag: string, text: string | undefined, usual: number): number {
  const port = text === undefined ? usual : numberOf(flag, text)
  if (!Number.isInteger(port) || port > 65_535)
    throw new UsageError(`--${flag} must be a port, which is a whole number up to 65535.`)
  return port
}

function lifetimeOf(text: string): number {
  const seconds = numberOf('lifetime', text)
  if (seconds < 1) throw new UsageError('--lifetime must be at least 1 second.')
  return seconds
}

function numberOf(flag: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${flag} must be a number.`)
  return Number(text)
}
