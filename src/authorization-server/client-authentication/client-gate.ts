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

/** What the gate needs of a request. */
export interface FormRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
  readonly certificate: PresentedCertificate | undefined
  /** The gate writes down who asked, and for which scope. */
  readonly entry: LogEntry
}

/** A form, and the client that sent it. */
export interface ClientRequest {
  readonly form: Form
  readonly client: RegisteredClient
}

/** Lets requests of known clients in, at every endpoint that takes a form. Throws an OAuthError. */
export type ClientGate = (request: FormRequest) => Promise<ClientRequest>

export interface ClientGateOptions {
  readonly registry: ServerRegistry
  readonly limit: AttemptLimit
  readonly assertions: Assertions
  /** The methods that are let in. */
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
 * Who sent the request (RFC 6749 §2.3, §3.2.1).
 * @throws OAuthError `invalid_client`; `invalid_request` when there are two proofs; `unauthorized_client` when it is switched off.
 */
async function authenticateClient(
  request: AuthenticationRequest,
  { registry, limit, methods }: ClientGateOptions
): Promise<RegisteredClient> {
  const { clientId, method, proves } = onlyAttempt(request)
  const client = registry.model.clients.get(clientId)
  // One count for all the ids that nobody has: guessing ids must not fill the memory.
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
    throw new OAuthError('invalid_request', 'client_id names another client than the one that authenticates.')
  return attempt
}

/** A client that used `Authorization` is told the scheme that fits (RFC 6749 §5.2). */
function unknownClient({ headers }: AuthenticationRequest): OAuthError {
  const challenge = { 'www-authenticate': 'Basic realm="authorization server", charset="UTF-8"' }
  const refusal = headers.authorization === undefined ? {} : { status: 401, headers: challenge }
  return new OAuthError('invalid_client', 'Client authentication failed.', refusal)
}

function tooManyAttempts(wait: number): OAuthError {
  const headers = { 'retry-after': String(Math.ceil(wait / 1000)) }
  return new OAuthError('invalid_client', 'Too many failed attempts to authenticate.', { status: 429, headers })
}
