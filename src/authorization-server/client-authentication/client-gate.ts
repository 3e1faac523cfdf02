import type { IncomingHttpHeaders } from 'node:http'
import { type Form, parseForm } from '../http/parse-form.ts'
import type { PresentedCertificate } from '../http/presented-certificate.ts'
import { OAuthError } from '../http/refusal-error.ts'
import { type LogEntry, shortened } from '../http/request-log.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import type { RegisteredClient } from '../registry/model.ts'
import type { Assertions } from './assertions.ts'
import type { AttemptLimit } from './attempt-limit.ts'
import { type Attempt, type AuthenticationRequest, attempts } from './authentication-methods.ts'

/** The parts of a request that the gate needs. */
export interface FormRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
  readonly certificate: PresentedCertificate | undefined
  /** The gate adds the client and the scope to this entry of the log. */
  readonly entry: LogEntry
}

/** A form and the authenticated client that sent it. */
export interface ClientRequest {
  readonly form: Form
  readonly client: RegisteredClient
}

/** Authenticates the client, at every endpoint that takes a form. @throws OAuthError */
export type ClientGate = (request: FormRequest) => Promise<ClientRequest>

export interface ClientGateOptions {
  readonly registry: ServerRegistry
  readonly limit: AttemptLimit
  readonly assertions: Assertions
  /** The methods that the server accepts. */
  readonly methods: readonly string[]
  /** Epoch ms. */
  readonly now: () => number
}

export function clientGate(options: ClientGateOptions): ClientGate {
  return async ({ headers, body, certificate, entry }) => {
    const form = parseForm(headers['content-type'], body)
    entry.scope = shortened(form.value('scope'))
    const { assertions, now } = options
    const client = await authenticateClient({ headers, form, certificate, assertions, now: now() }, options)
    entry.clientId = client.clientId
    return { form, client }
  }
}

/**
 * Authenticates the client (RFC 6749 §2.3, §3.2.1).
 * @throws OAuthError `invalid_client`; `invalid_request` if it uses two methods; `unauthorized_client` if it is disabled
 */
async function authenticateClient(
  request: AuthenticationRequest,
  { registry, limit, methods }: ClientGateOptions
): Promise<RegisteredClient> {
  const { clientId, method, proves } = onlyAttempt(request)
  const client = registry.model.clients.get(clientId)
  // All unknown ids share one counter, so that guessed ids cannot fill the memory.
  const counted = client === undefined ? '' : clientId
  const wait = limit.wait(counted)
  if (wait > 0) throw tooManyAttempts(wait)
  if (!methods.includes(method) || !(await proves(client)) || client === undefined) {
    limit.failed(counted)
    throw unknownClient(request)
  }
  limit.succeeded(counted)
  if (!client.enabled) throw new OAuthError('unauthorized_client', 'The client is disabled.')
  return client
}

function onlyAttempt(request: AuthenticationRequest): Attempt {
  const [attempt, second] = attempts(request)
  if (second !== undefined) throw new OAuthError('invalid_request', 'Use one client authentication method, not two.')
  if (attempt === undefined) throw unknownClient(request)
  const named = request.form.value('client_id')
  if (named !== undefined && named !== attempt.clientId)
    throw new OAuthError('invalid_request', 'client_id names another client than the authentication does.')
  return attempt
}

/** A client that used `Authorization` gets a challenge with the scheme (RFC 6749 §5.2). */
function unknownClient({ headers }: AuthenticationRequest): OAuthError {
  const challenge = { 'www-authenticate': 'Basic realm="authorization server", charset="UTF-8"' }
  const refusal = headers.authorization === undefined ? {} : { status: 401, headers: challenge }
  return new OAuthError('invalid_client', 'Client authentication failed.', refusal)
}

function tooManyAttempts(wait: number): OAuthError {
  const headers = { 'retry-after': String(Math.ceil(wait / 1000)) }
  return new OAuthError('invalid_client', 'There were too many failed attempts to authenticate.', {
    status: 429,
    headers
  })
}
