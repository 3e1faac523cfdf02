import { ClientConfigurationError } from 'service-token-client'

/** The flag for each option of the server. */
const flags: Readonly<Record<string, string>> = {
  accessTokenFormat: '--format',
  accessTokenLifetime: '--lifetime',
  adminSecret: '--admin-secret-file',
  cors: '--cors',
  host: '--host',
  issuer: '--issuer',
  keysFile: '--keys',
  port: '--port',
  profile: '--profile',
  signingAlgorithm: '--algorithm',
  signingSecret: '--signing-secret-file'
}

/** Puts the names of flags into the server's error message, in place of its option names. Any other error stays as it is. */
export function inFlags(error: unknown): unknown {
  if (!(error instanceof ClientConfigurationError)) return error
  const begun = error.message.replace(/^\w+/, (name) => (Object.hasOwn(flags, name) ? `${flags[name]}` : name))
  const message = begun.replace(/\b(?:adminSecret|signingSecret|keysFile)\b/g, (name) => `${flags[name]}`)
  return new ClientConfigurationError(error.code, message)
}
