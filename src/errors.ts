/** The kind of failure. Codes do not change between releases. `docs/errors.md` says what each code means and what to do. */
export type ErrorCode =
  // the caller's side
  | 'ERR_INVALID_OPTION'
  | 'ERR_MISSING_OPTION'
  | 'ERR_UNKNOWN_OPTION'
  | 'ERR_CONFLICTING_OPTIONS'
  | 'ERR_INSECURE_ORIGIN'
  | 'ERR_CLIENT_CLOSED'
  | 'ERR_MISSING_ORIGIN'
  | 'ERR_UNCERTAIN_ORIGIN'
  | 'ERR_TOKEN_IN_QUERY'
  | 'ERR_TOO_MANY_WAITING'
  | 'ERR_UNSUPPORTED_PLATFORM'
  // the credential
  | 'ERR_SECRET_UNAVAILABLE'
  | 'ERR_CLOCK_INVALID'
  // the way to the authorization server
  | 'ERR_TIMEOUT'
  | 'ERR_NETWORK'
  | 'ERR_CONNECTION_RESET'
  | 'ERR_RESOURCE_EXHAUSTED'
  | 'ERR_TLS_ERROR'
  | 'ERR_TLS_CLIENT_CERTIFICATE'
  | 'ERR_PROXY_REFUSED'
  | 'ERR_REDIRECT_REFUSED'
  | 'ERR_DISCOVERY_FAILED'
  // its answer
  | 'ERR_UNEXPECTED_STATUS'
  | 'ERR_UNEXPECTED_CONTENT_TYPE'
  | 'ERR_UNEXPECTED_CONTENT_ENCODING'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_MALFORMED_BODY'
  | 'ERR_MALFORMED_TOKEN'
  | 'ERR_MALFORMED_EXPIRY'
  | 'ERR_MALFORMED_SCOPE'
  | 'ERR_UNSUPPORTED_TOKEN_TYPE'
  | 'ERR_SAME_TOKEN'
  // its refusal
  | 'ERR_CLIENT_AUTHENTICATION_FAILED'
  | 'ERR_ENDPOINT_NOT_FOUND'
  | 'ERR_REQUEST_TOO_LARGE'
  | 'ERR_RATE_LIMITED'
  | 'ERR_SERVER_ERROR'
  | 'ERR_INVALID_REQUEST'
  | 'ERR_INVALID_CLIENT'
  | 'ERR_INVALID_SCOPE'
  | 'ERR_INVALID_TARGET'
  | 'ERR_INVALID_DPOP_PROOF'
  | 'ERR_UNAUTHORIZED_CLIENT'
  | 'ERR_UNSUPPORTED_GRANT_TYPE'
  | 'ERR_TEMPORARILY_UNAVAILABLE'
  | 'ERR_OAUTH_ERROR'
  // a request to a resource server
  | 'ERR_TOKEN_MISSING'
  | 'ERR_TOKEN_REFUSED'
  | 'ERR_INSUFFICIENT_SCOPE'
  | 'ERR_KEYS_UNAVAILABLE'
  | 'ERR_INTROSPECTION_FAILED'

export interface ErrorDetails {
  /** Whether the same call can succeed later although nothing is changed on this side. */
  readonly transient: boolean
  /** Milliseconds from now before which another try is pointless. */
  readonly retryAfter?: number | undefined
  /** The HTTP status of the answer of the authorization server, or of a proxy that answered instead. */
  readonly status?: number | undefined
  /** The server's own `error` word (RFC 6749 §5.2), with every character outside its grammar replaced. */
  readonly oauthError?: string | undefined
  readonly cause?: unknown
}

/**
 * Every failure of this library. `code` says which, `transient` says whether to try again.
 * No message, property or cause holds a body, a header, a token or a secret.
 */
export class TokenClientError extends Error {
  override readonly name: string = 'TokenClientError'
  readonly code: ErrorCode
  readonly transient: boolean
  // These fields are only declared. A field without a value does not exist, so it is not printed as undefined.
  /** Milliseconds from now before which another try is pointless. */
  declare readonly retryAfter?: number
  /** HTTP status of the authorization server's answer. */
  declare readonly status?: number
  /** The server's own `error` word (RFC 6749 §5.2), sanitised. */
  declare readonly oauthError?: string

  constructor(code: ErrorCode, message: string, { transient, retryAfter, status, oauthError, cause }: ErrorDetails) {
    const bare = withoutSecrets(cause)
    super(message, bare && { cause: bare })
    this.code = code
    this.transient = transient
    if (retryAfter !== undefined) this.retryAfter = Math.ceil(retryAfter)
    if (status !== undefined) this.status = status
    if (oauthError !== undefined) this.oauthError = oauthError
  }
}

/** An option is wrong, missing or unknown. It is thrown where the option was given, before any request is sent. */
export class ClientConfigurationError extends TokenClientError {
  override readonly name = 'ClientConfigurationError'

  constructor(code: ErrorCode, message: string) {
    super(code, message, { transient: false })
  }
}

/** The client was closed. Calls that were waiting, and all later calls, are rejected with this error. */
export class ClientClosedError extends TokenClientError {
  override readonly name = 'ClientClosedError'

  constructor() {
    super('ERR_CLIENT_CLOSED', 'The token client is closed. Create another one to get tokens.', { transient: false })
  }
}

/** A copy of a remembered failure for a later caller, with its own stack and with the time that is left now. */
export function again(error: TokenClientError, retryAfter: number | undefined): TokenClientError {
  if (error instanceof ClientClosedError) return new ClientClosedError()
  if (error instanceof ClientConfigurationError) return new ClientConfigurationError(error.code, error.message)
  const { code, message, transient, status, oauthError, cause } = error
  return new TokenClientError(code, message, { transient, retryAfter, status, oauthError, cause })
}

/**
 * Waits for a promise that other callers wait for too. Each caller gets its own copy of a failure, whose stack shows the lines that await it.
 * If nothing fails, no stack is captured.
 */
export async function toldToCaller<T>(shared: T | Promise<T>): Promise<T> {
  try {
    return await shared
  } catch (error) {
    throw error instanceof TokenClientError ? again(error, error.retryAfter) : error
  }
}

const refusalsOfCredential: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_INVALID_CLIENT',
  'ERR_CLIENT_AUTHENTICATION_FAILED',
  'ERR_TLS_CLIENT_CERTIFICATE'
])

/** Whether the authorization server refused the credential that was sent, so another credential can help. */
export function isRefusalOfCredential(error: unknown): error is TokenClientError {
  return error instanceof TokenClientError && refusalsOfCredential.has(error.code)
}

const faultsOfServer: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_TIMEOUT',
  'ERR_NETWORK',
  'ERR_CONNECTION_RESET',
  'ERR_RESOURCE_EXHAUSTED',
  'ERR_TLS_ERROR',
  'ERR_PROXY_REFUSED',
  'ERR_REDIRECT_REFUSED',
  'ERR_DISCOVERY_FAILED',
  'ERR_ENDPOINT_NOT_FOUND',
  'ERR_RATE_LIMITED',
  'ERR_SERVER_ERROR',
  'ERR_TEMPORARILY_UNAVAILABLE',
  'ERR_UNEXPECTED_CONTENT_TYPE',
  'ERR_UNEXPECTED_CONTENT_ENCODING',
  'ERR_BODY_TOO_LARGE',
  'ERR_MALFORMED_BODY'
])

/** Whether the authorization server has answered with an OAuth error, so it works. That is one word. A sentence only says that something went wrong. */
export function isOAuthError({ oauthError }: Pick<ErrorDetails, 'oauthError'>): boolean {
  return oauthError?.includes(' ') === false
}

/** A firewall answers 403, and it knows no OAuth errors. */
export function isAboutFirewall(error: TokenClientError): boolean {
  return error.code === 'ERR_UNEXPECTED_STATUS' && error.status === 403 && !isOAuthError(error)
}

/** Whether the failure concerns the authorization server or the connection to it, whatever the token request asked for. */
export function isAboutServer(error: TokenClientError): boolean {
  const { code, status = 0 } = error
  if (faultsOfServer.has(code) || isAboutFirewall(error)) return true
  // Other 4xx statuses concern this token request.
  return code === 'ERR_UNEXPECTED_STATUS' && (status < 400 || status === 408 || status === 425)
}

const heardFailures = new WeakSet<TokenClientError>()

/** Marks a failure of another instance. This one has only heard of it, and hears of it again each time it looks. */
export function heard(error: TokenClientError): TokenClientError {
  heardFailures.add(error)
  return error
}

export function isHeard(error: TokenClientError): boolean {
  return heardFailures.has(error)
}

/** Whether the answer could be about this token request alone, or come from a gateway that gives it to every request. */
export function isUnclear(error: TokenClientError): boolean {
  return /^ERR_(?:UNEXPECTED_STATUS|MALFORMED_)/.test(error.code) && !isOAuthError(error) && !isAboutServer(error)
}

/**
 * An error of other code can contain response bytes, sockets or request options, so only its name, message and code are kept. If something other than
 * an error was thrown, nothing of it is kept, because it could be a secret.
 */
function withoutSecrets(cause: unknown): Error | undefined {
  if (cause instanceof TokenClientError) return cause
  if (!(cause instanceof Error)) return undefined
  const bare = new Error(cause.message)
  bare.name = cause.name
  const { code } = cause as NodeJS.ErrnoException
  return typeof code === 'string' ? Object.assign(bare, { code }) : bare
}
