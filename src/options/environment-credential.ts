import { assertionFile } from '../client-authentication/assertion.ts'
import type { ClientAuthentication } from '../client-authentication/client-authentication.ts'
import { clientSecretBasic } from '../client-authentication/client-secret-basic.ts'
import { clientSecretJwt } from '../client-authentication/client-secret-jwt.ts'
import { clientSecretPost } from '../client-authentication/client-secret-post.ts'
import { privateKeyJwt } from '../client-authentication/private-key-jwt.ts'
import type { ClientSecret } from '../client-authentication/secret-source.ts'
import { selfSignedTlsClientAuth, tlsClientAuth } from '../client-authentication/tls-client-auth.ts'
import { wrong } from '../wrong-option.ts'
import { conflictingSettings, missingSetting, prefix, type SettingName, type Settings } from './environment-settings.ts'

type Credential = { readonly clientSecret: ClientSecret } | { readonly clientAuthentication: ClientAuthentication }

/** Each credential, with the settings that belong to it. */
const companions: Readonly<Partial<Record<SettingName, readonly SettingName[]>>> = {
  CLIENT_SECRET: ['AUTHENTICATION_METHOD', 'BASIC_ENCODING'],
  CLIENT_SECRET_FILE: ['AUTHENTICATION_METHOD', 'BASIC_ENCODING'],
  PRIVATE_KEY_FILE: ['AUTHENTICATION_METHOD', 'CERTIFICATE_FILE', 'KEY_ID'],
  ASSERTION_FILE: []
}
const credentials = Object.keys(companions) as SettingName[]
const details: readonly SettingName[] = ['AUTHENTICATION_METHOD', 'BASIC_ENCODING', 'CERTIFICATE_FILE', 'KEY_ID']

/** How the client proves who it is. */
export function credentialFrom(settings: Settings): Credential {
  const given = credentials.filter((name) => settings[name] !== undefined)
  const [credential, second] = given
  if (credential === undefined)
    missingSetting('CLIENT_SECRET_FILE', `Set one of ${credentials.map((name) => prefix + name).join(', ')}.`)
  if (second !== undefined) conflictingSettings(credential, second, 'Keep one of the two.')
  const useless = details.find((name) => settings[name] !== undefined && !companions[credential]?.includes(name))
  if (useless !== undefined) conflictingSettings(useless, credential, 'Remove it: it belongs to another credential.')

  const { CLIENT_SECRET, CLIENT_SECRET_FILE = '', PRIVATE_KEY_FILE, ASSERTION_FILE } = settings
  if (PRIVATE_KEY_FILE !== undefined) return { clientAuthentication: byPrivateKey(PRIVATE_KEY_FILE, settings) }
  if (ASSERTION_FILE !== undefined) return { clientAuthentication: assertionFile(ASSERTION_FILE) }
  return bySecret(CLIENT_SECRET ?? { file: CLIENT_SECRET_FILE }, settings)
}

function bySecret(clientSecret: ClientSecret, { AUTHENTICATION_METHOD: method, BASIC_ENCODING }: Settings): Credential {
  if (BASIC_ENCODING !== undefined && method !== 'client_secret_basic')
    missingSetting('AUTHENTICATION_METHOD', `Set client_secret_basic, which ${prefix}BASIC_ENCODING belongs to.`)
  switch (method) {
    case undefined:
      return { clientSecret }
    case 'client_secret_basic': {
      const encoding = (BASIC_ENCODING ?? 'form') as 'form' | 'raw'
      return { clientAuthentication: clientSecretBasic(clientSecret, { encoding }) }
    }
    case 'client_secret_post':
      return { clientAuthentication: clientSecretPost(clientSecret) }
    case 'client_secret_jwt':
      return { clientAuthentication: clientSecretJwt(clientSecret) }
    default:
      return unusableMethod('a secret', ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'])
  }
}

function byPrivateKey(keyFile: string, settings: Settings): ClientAuthentication {
  const { CERTIFICATE_FILE: certFile, AUTHENTICATION_METHOD, KEY_ID: kid } = settings
  const method = AUTHENTICATION_METHOD ?? (certFile === undefined ? 'private_key_jwt' : 'tls_client_auth')
  if (method === 'private_key_jwt') {
    const key = certFile === undefined ? { file: keyFile } : { keyFile, certFile }
    return privateKeyJwt({ key, ...(kid !== undefined && { kid }) })
  }
  if (method !== 'tls_client_auth' && method !== 'self_signed_tls_client_auth')
    return unusableMethod('a private key', ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'])
  if (kid !== undefined) conflictingSettings('KEY_ID', 'CERTIFICATE_FILE', 'Remove it: a certificate has no key id.')
  if (certFile === undefined) missingSetting('CERTIFICATE_FILE', `It is what ${method} presents.`)
  const pair = { certFile, keyFile }
  return method === 'tls_client_auth' ? tlsClientAuth(pair) : selfSignedTlsClientAuth(pair)
}

function unusableMethod(credential: string, usable: readonly string[]): never {
  wrong(`${prefix}AUTHENTICATION_METHOD`, `does not work with ${credential}`, `Set one of ${usable.join(', ')}.`)
}
