import { builtin } from '../builtin.ts'
import { ownMembers } from '../own-members.ts'
import { Secret } from '../token/secret.ts'
import { exclusive, nonEmptyString, onlyKnown, trueOrFalse, wrong } from '../wrong-option.ts'
import { credentialFile } from './credential-file.ts'
import { type CredentialRing, credentialRing, ringOf } from './credential-ring.ts'
import { CredentialFault, type CredentialSource, configured, fixed, keeping, supplied } from './credential-source.ts'
import { secretFault } from './secret-fault.ts'
import { variableThatHolds } from './shown-path.ts'

/**
 * The source of a secret: the string, a file, an environment variable, or a function that fetches it. Everything but the string is read again before
 * every token request. With `remove` the variable is deleted from `process.env` after it was read, so child processes and reports do not get it;
 * it stays in /proc/self/environ of the process.
 */
export type ClientSecret = string | EnvironmentVariable | SecretFile | (() => string | Promise<string>)

interface SecretFile {
  readonly file: string
  readonly env?: never
  readonly remove?: never
}

interface EnvironmentVariable {
  readonly env: string
  readonly remove?: boolean
}

type SecretSource = CredentialSource<Secret>

const asIssued = 'Give it exactly as the authorization server issued it.'

/** Throws ClientConfigurationError for a secret that no server can have issued. */
export function secretRing(given: ClientSecret | readonly ClientSecret[], leastBytes = 0): CredentialRing<Secret> {
  const checked = (text: string) => checkedSecret(text, leastBytes)
  return credentialRing(secretSources(given, { option: 'clientSecret', asIssued, checked }), { isReusable: true })
}

/** The option that contains a secret, and what its text must be. */
export interface SecretOption {
  readonly option: string
  /** What to do about a text that is wrong. */
  readonly asIssued: string
  /** Throws CredentialFault. */
  readonly checked: (text: string) => Secret
}

/** Throws ClientConfigurationError if the value cannot be a secret for that option. */
export function secretSources(given: ClientSecret | readonly ClientSecret[], about: SecretOption): SecretSource[] {
  return ringOf(about.option, given).map((one) => secretSource(one, about))
}

function secretSource(given: ClientSecret, about: SecretOption): SecretSource {
  const { option, asIssued, checked } = about
  if (typeof given === 'string') return fixed(configured(option, asIssued, () => checked(given)))
  if (typeof given === 'function') return supplied(option, 'the secret as a string', given, checked)
  if (typeof given === 'object' && given !== null) {
    const own = ownMembers(given)
    if ('file' in own) return secretFile(own as SecretFile, about)
    if ('env' in own) return secretVariable(own as EnvironmentVariable, about)
  }
  const remedy = "Give a string, { file: '/path' }, { env: 'NAME' }, or a function that returns the string."
  if (given === undefined) wrong(option, 'is missing', remedy, 'ERR_MISSING_OPTION')
  wrong(option, 'is not a source of a secret', remedy)
}

const memberNames = ['file', 'env', 'remove']

function secretFile(given: SecretFile, { option, checked }: SecretOption): SecretSource {
  onlyKnown(option, given, memberNames)
  exclusive(option, given, 'file', ['env', 'remove'])
  const path = nonEmptyString(`${option}.file`, given.file, 'Give the path of the file that holds the secret.')
  const parse = (bytes: Buffer) => checked(withoutLineEnd(decoded(bytes)))
  return reportingWhitespace(`The file ${path} of ${option}`, credentialFile(option, path, parse))
}

function secretVariable(given: EnvironmentVariable, { option, checked }: SecretOption): SecretSource {
  onlyKnown(option, given, memberNames)
  const name = nonEmptyString(`${option}.env`, given.env, 'Give the name of the variable that holds the secret.')
  const { remove = false } = given
  trueOrFalse(`${option}.remove`, remove)
  checkVariableName(`${option}.env`, name)
  const what = `The environment variable ${name} of ${option}`
  const load = () => checked(withoutLineEnd(variable(name)))
  const first = configured(what, 'Give the name of one that is set before the process starts.', load)
  if (remove) removeVariable(`${option}.remove`, name)
  return reportingWhitespace(what, remove ? fixed(first) : keeping(what, load, first))
}

/** A worker thread has a copy of the environment, so a variable that it deletes stays in the process. `process.env` can be frozen, or a proxy. */
function removeVariable(option: string, name: string): void {
  const { env } = process
  if (builtin.workerThreads.isMainThread && Reflect.deleteProperty(env, name) && !(name in env)) return
  const remedy = 'Read it in the main thread and pass the secret to the worker, or give { file }.'
  wrong(option, 'cannot remove a variable from this environment', remedy)
}

/** A text that is not a name can be the secret itself, so it is not repeated. */
function checkVariableName(option: string, name: string): void {
  if (Object.hasOwn(process.env, name)) return
  const holder = variableThatHolds(name)
  if (holder !== undefined) {
    const remedy = `Give { env: '${holder}' }.`
    wrong(option, `is the value of the environment variable ${holder}, not its name`, remedy)
  }
  const remedy = 'Give the name of one that is set before the process starts and was not removed.'
  wrong(option, 'names a variable that is not set', remedy)
}

/** Editors and `echo` add a line break at the end of a file. One line break is not part of the secret. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function variable(name: string): string {
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined
  if (value === undefined) throw new CredentialFault('is not set')
  return value
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CredentialFault('is not UTF-8')
  }
}

function checkedSecret(text: string, leastBytes: number): Secret {
  const fault = secretFault(text)
  if (fault !== undefined) throw new CredentialFault(fault)
  if (Buffer.byteLength(text) < leastBytes) throw new CredentialFault(`has fewer than ${leastBytes} bytes`)
  return new Secret(text)
}

function reportingWhitespace(what: string, source: SecretSource): SecretSource {
  let reported: Secret | undefined
  return {
    async read(warn, deadline) {
      const secret = await source.read(warn, deadline)
      if (/^\s|\s$/.test(secret.reveal()) && !reported?.equals(secret)) {
        reported = secret
        warn('secret_has_whitespace', `${what} begins or ends with whitespace, which is sent as part of the secret.`)
      }
      return secret
    }
  }
}
