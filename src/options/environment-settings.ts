import { wrong } from '../wrong-option.ts'

export const prefix = 'SERVICE_TOKEN_'

/** The names of the environment variables, without the prefix. */
export const settingNames = [
  'ISSUER',
  'TOKEN_ENDPOINT',
  'CLIENT_ID',
  'CLIENT_SECRET',
  'CLIENT_SECRET_FILE',
  'PRIVATE_KEY_FILE',
  'CERTIFICATE_FILE',
  'ASSERTION_FILE',
  'AUTHENTICATION_METHOD',
  'BASIC_ENCODING',
  'KEY_ID',
  'DPOP',
  'DPOP_KEY_FILE',
  'CA_FILE',
  'PROXY',
  'SCOPE',
  'AUDIENCE',
  'RESOURCE',
  'TIMEOUT'
] as const

export type SettingName = (typeof settingNames)[number]

/** The settings that have a value. */
export type Settings = Readonly<Partial<Record<SettingName, string>>>

export function missingSetting(name: SettingName, remedy: string): never {
  wrong(`${prefix}${name}`, 'is missing', remedy, 'ERR_MISSING_OPTION')
}

export function conflictingSettings(one: SettingName, other: SettingName, remedy: string): never {
  wrong(`${prefix}${one}`, `cannot be combined with ${prefix}${other}`, remedy, 'ERR_CONFLICTING_OPTIONS')
}
