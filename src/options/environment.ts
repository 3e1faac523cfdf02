import { builtin } from '../builtin.ts'
import { codeOf } from '../http/code-of.ts'
import { knownNames } from '../known-names.ts'
import { ownMembers } from '../own-members.ts'
import { plainObject, wrong } from '../wrong-option.ts'
import type { TokenClientOptions } from './client-options.ts'
import { credentialFrom } from './environment-credential.ts'
import { dpopFrom } from './environment-dpop.ts'
import { missingSetting, prefix, type Settings, settingNames } from './environment-settings.ts'

/** These variables are not ours: they belong to the development server, or Kubernetes sets them for a service called service-token. */
const others = /^(ADMIN_.*|SERVICE_(HOST|PORT.*)|PORT(_.*)?)$/

/**
 * Reads the options of `createTokenClient` from variables that begin with `SERVICE_TOKEN_`, so a service needs no configuration code:
 * `createTokenClient(clientOptionsFrom(process.env))`. An empty variable counts as not set.
 * Throws ClientConfigurationError, which names the variable and never shows its value.
 */
export function clientOptionsFrom(environment: Readonly<Record<string, string | undefined>>): TokenClientOptions {
  plainObject('clientOptionsFrom', environment, 'Give process.env, or an object like it.')
  const settings = settingsIn(environment)
  const { ISSUER, TOKEN_ENDPOINT, CLIENT_ID, SCOPE, AUDIENCE, RESOURCE, TIMEOUT, CA_FILE, PROXY } = settings
  if (ISSUER === undefined && TOKEN_ENDPOINT === undefined)
    missingSetting('ISSUER', `Set it to the URL of the authorization server, or set ${prefix}TOKEN_ENDPOINT.`)
  if (CLIENT_ID === undefined)
    missingSetting('CLIENT_ID', 'Set the id that the authorization server knows the client by.')
  const options = {
    issuer: ISSUER,
    tokenEndpoint: TOKEN_ENDPOINT,
    clientId: CLIENT_ID,
    scope: SCOPE,
    audience: AUDIENCE,
    resource: RESOURCE?.split(' ').filter((member) => member !== ''),
    timeout: TIMEOUT === undefined ? undefined : Number(TIMEOUT),
    connect: CA_FILE === undefined ? undefined : { ca: authoritiesIn(CA_FILE) },
    dpop: dpopFrom(settings),
    proxy: PROXY === undefined ? undefined : proxyFrom(PROXY),
    ...credentialFrom(settings)
  }
  return withoutUndefined(options) as TokenClientOptions
}

function settingsIn(environment: Readonly<Record<string, string | undefined>>): Settings {
  const ours = Object.entries(environment)
    .filter(([name, value]) => name.startsWith(prefix) && value !== undefined && value !== '')
    .map(([name, value = '']) => [name.slice(prefix.length), value] as const)
    .filter(([name]) => !others.test(name))
  const unknown = ours.find(([name]) => !settingNames.some((known) => known === name))?.[0]
  if (unknown !== undefined) {
    const remedy = knownNames(
      prefix + unknown,
      settingNames.map((name) => prefix + name)
    )
    wrong(prefix + unknown, 'is not a setting', remedy, 'ERR_UNKNOWN_OPTION')
  }
  return ownMembers(Object.fromEntries(ours))
}

function authoritiesIn(file: string): string {
  try {
    return builtin.fs.readFileSync(file, 'utf8')
  } catch (error) {
    const fault = `cannot be read (${codeOf(error as Error)})`
    wrong(
      `The file of ${prefix}CA_FILE`,
      fault,
      'Give the path of a PEM file with the certificates of the authorities.'
    )
  }
}

function proxyFrom(value: string): URL | 'environment' {
  if (value === 'environment') return value
  if (URL.canParse(value)) return new URL(value)
  return wrong(
    `${prefix}PROXY`,
    'is not the URL of an HTTP proxy',
    'Set it to http://host:port, or to the word environment.'
  )
}

function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
