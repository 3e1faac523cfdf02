import type { ClientAuthentication, TokenRequestDraft } from '../client-authentication/client-authentication.ts'
import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import { type Emit, fieldsOf } from '../events.ts'
import { withDeadline } from '../http/deadline.ts'
import type { Sender } from '../http/send.ts'
import type { AuthorizationServerSource } from '../metadata/authorization-server.ts'
import { AccessToken } from '../token/access-token.ts'
import { missingScope } from '../token/scope.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Patience, TokenSource } from '../token/token-source.ts'
import { tokenRequestForm } from './form.ts'
import { readTokenResponse } from './response.ts'

export interface TokenEndpointOptions {
  readonly clientId: string
  readonly server: AuthorizationServerSource
  readonly clientAuthentication: ClientAuthentication
  readonly sender: Sender
  readonly clock: Clock
  /** Milliseconds of a whole flight: an attempt gets half of it unless its patience says otherwise. */
  readonly timeout: number
  /** Milliseconds that a token lives when the server does not say. */
  readonly defaultLifetime: number
  readonly emit: Emit
}

/**
 * The token endpoint as a source of tokens: each call is one attempt of the client credentials grant (RFC 6749 §4.4).
 * `maxWait` bounds all of it, discovery and a secret that never comes included (`ERR_TIMEOUT`).
 */
export function tokenEndpoint(options: TokenEndpointOptions): TokenSource {
  const { clientId, server, clientAuthentication, sender, clock, timeout, defaultLifetime, emit } = options
  let serial = 0

  async function attempt(request: TokenRequest, maxWait: number, signal: AbortSignal): Promise<AccessToken> {
    const { issuer, tokenEndpoint } = await server.authorizationServer({ signal, maxWait })
    const draft = { clientId, form: tokenRequestForm(request), headers: {}, issuer, tokenEndpoint }
    await authenticate(clientAuthentication, draft)

    const obtainedAt = clock.wallTime()
    const answer = await sender.send({ ...message(draft), timeout: maxWait, signal })
    const { value, scope, life, warnings } = readTokenResponse(answer, { tokenEndpoint, wallTime: clock.wallTime() })

    const granted = scope ?? request.scope
    for (const warning of warnings) emit('warning', { ...fieldsOf(request), ...warning })
    reportScope(request, granted, emit)
    serial += 1
    return new AccessToken({
      value,
      scope: granted,
      obtainedAt,
      expiresAt: obtainedAt + (life ?? defaultLifetime),
      serial
    })
  }

  return {
    token(request, _rejected, { maxWait = timeout / 2, signal }: Patience = {}) {
      return withDeadline({ clock, timeout: maxWait, timedOut: () => timedOut(maxWait), signals: [signal] }, (ended) =>
        attempt(request, maxWait, ended)
      )
    }
  }
}

/** A supplier of secrets can fail in any way: whatever it throws is one code here. */
async function authenticate(clientAuthentication: ClientAuthentication, draft: TokenRequestDraft): Promise<void> {
  try {
    await clientAuthentication.authenticate(draft)
  } catch (error) {
    if (error instanceof TokenClientError) throw error
    throw new TokenClientError(
      'ERR_SECRET_UNAVAILABLE',
      `The credential for ${clientAuthentication.method} could not be had. Check where it comes from.`,
      { transient: true, cause: error }
    )
  }
}

function message({ form, headers, tokenEndpoint }: TokenRequestDraft) {
  return {
    method: 'POST',
    url: tokenEndpoint,
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString()
  } as const
}

/** The server decides on the scope (RFC 6749 §3.3); somebody should know that it decided otherwise. */
function reportScope(request: TokenRequest, granted: readonly string[], emit: Emit): void {
  const { scope } = request
  if (missingScope(scope, granted).length > 0) emit('scope-narrowed', { ...fieldsOf(request), asked: scope, granted })
  // A server that is asked for none gives its default: that is no news.
  if (scope.length > 0 && missingScope(granted, scope).length > 0)
    emit('warning', {
      ...fieldsOf(request),
      code: 'scope_widened',
      message: 'The token grants more scope than was asked for. Check what the client is allowed there.'
    })
}

function timedOut(maxWait: number): TokenClientError {
  return new TokenClientError(
    'ERR_TIMEOUT',
    `No token within ${Math.round(maxWait)} ms: the credential, the metadata or the token endpoint was too slow.`,
    { transient: true }
  )
}
