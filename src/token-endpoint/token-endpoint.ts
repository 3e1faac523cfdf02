import type { ClientAuthentication, Proof, TokenRequestDraft } from '../client-authentication/client-authentication.ts'
import type { Clock } from '../clock.ts'
import { isRefusalOfCredential, TokenClientError } from '../errors.ts'
import { type Emit, fieldsOf } from '../events.ts'
import { withDeadline } from '../http/deadline.ts'
import { leaveOnAbort } from '../http/leave-on-abort.ts'
import type { Sender } from '../http/send.ts'
import type { AuthorizationServer, AuthorizationServerSource } from '../metadata/authorization-server.ts'
import { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Patience, TokenSource } from '../token/token-source.ts'
import { credentialTrial } from './credential-trial.ts'
import { tokenRequestForm } from './form.ts'
import { readTokenResponse, type TokenResponse } from './response.ts'
import { reportScope } from './scope-report.ts'
import { serverClock } from './server-clock.ts'
import { namingTheMethod } from './unlisted-method.ts'

export interface TokenEndpointOptions {
  readonly clientId: string
  readonly server: AuthorizationServerSource
  readonly clientAuthentication: ClientAuthentication
  /** The last token is bound to another client certificate than the ones before (RFC 8705 §6.3). */
  readonly newCertificate?: () => void
  readonly sender: Sender
  readonly clock: Clock
  /** Milliseconds of a whole flight: an attempt gets half of it unless its patience says otherwise. */
  readonly timeout: number
  /** Milliseconds that a token lives when the server does not say. */
  readonly defaultLifetime: number
  readonly emit: Emit
}

interface AttemptPatience extends Patience {
  readonly maxWait: number
}

const longestReading = 1000

/**
 * The token endpoint as a source of tokens: each call is one attempt of the client credentials grant (RFC 6749 §4.4).
 * A refused credential, a wrong date and an endpoint that moved are worth one repeat, at once.
 * `maxWait` bounds all of it, discovery and a secret that never comes included (`ERR_TIMEOUT`).
 */
export function tokenEndpoint(options: TokenEndpointOptions): TokenSource {
  const { clientId, server, clientAuthentication, sender, clock, timeout, defaultLifetime, emit } = options
  const inTurn = credentialTrial(clock)
  const serverTime = serverClock(clock)
  let serial = 0
  let boundTo: string | undefined

  async function attempt(request: TokenRequest, patience: AttemptPatience): Promise<AccessToken> {
    const known = await server.authorizationServer(patience)
    try {
      return await ask(request, known, patience, true)
    } catch (error) {
      if (!(error instanceof TokenClientError && error.code === 'ERR_ENDPOINT_NOT_FOUND')) throw error
      const found = await server.rediscover(patience)
      if (urlOf(found) === urlOf(known)) throw error
      return ask(request, found, patience, true)
    }
  }

  async function ask(
    request: TokenRequest,
    known: AuthorizationServer,
    patience: AttemptPatience,
    mayRepeat: boolean
  ): Promise<AccessToken> {
    const draft = draftOf(request, known)
    const proof = await authenticate(clientAuthentication, draft)
    const obtainedAt = clock.wallTime()
    let misdated = false
    try {
      const { signal, maxWait } = patience
      const answer = await sender.send({ ...message(draft), timeout: maxWait, signal })
      misdated = serverTime.learn(answer, draft.tokenEndpoint) && draft.dated === true
      const { tokenEndpoint } = draft
      const response = readTokenResponse(answer, { tokenEndpoint, wallTime: clock.wallTime() })
      proof.accepted()
      noteCertificate(draft.certificate?.thumbprint)
      return accessToken(request, response, obtainedAt)
    } catch (error) {
      if (!isRefusalOfCredential(error)) throw error
      const worthRepeating = (misdated && mayRepeat) || (await isAnotherAtHand(proof, patience))
      if (worthRepeating && mayRepeat) return ask(request, known, patience, false)
      throw namingTheMethod(error, proof.method, known.authenticationMethods)
    }
  }

  /** A source that hangs must not hide why the server refused. */
  function isAnotherAtHand(proof: Proof, { signal }: Patience): Promise<boolean> {
    return leaveOnAbort(proof.refused(), { signal, maxWait: longestReading }, clock).catch(() => false)
  }

  function noteCertificate(thumbprint: string | undefined): void {
    if (boundTo !== undefined && boundTo !== thumbprint) options.newCertificate?.()
    boundTo = thumbprint
  }

  function urlOf({ tokenEndpoint, mutualTlsTokenEndpoint }: AuthorizationServer): string {
    return clientAuthentication.mutualTls === undefined ? tokenEndpoint : (mutualTlsTokenEndpoint ?? tokenEndpoint)
  }

  function draftOf(request: TokenRequest, known: AuthorizationServer): TokenRequestDraft {
    return {
      clientId,
      form: tokenRequestForm(request),
      headers: {},
      issuer: known.issuer,
      tokenEndpoint: urlOf(known),
      authenticationMethods: known.authenticationMethods,
      now: serverTime.now(),
      warn: (code, message) => emit('warning', { ...fieldsOf(request), code, message })
    }
  }

  function accessToken(request: TokenRequest, response: TokenResponse, obtainedAt: number): AccessToken {
    const { value, scope = request.scope, life = defaultLifetime, warnings } = response
    for (const warning of warnings) emit('warning', { ...fieldsOf(request), ...warning })
    reportScope(request, scope, emit)
    serial += 1
    return new AccessToken({ value, scope, obtainedAt, expiresAt: obtainedAt + life, serial })
  }

  return {
    token(request, _rejected, { maxWait = timeout / 2, signal }: Patience = {}) {
      return withDeadline({ clock, timeout: maxWait, timedOut: () => timedOut(maxWait), signals: [signal] }, (ended) =>
        inTurn(() => attempt(request, { maxWait, signal: ended }), ended)
      )
    }
  }
}

/** A supplier of secrets can fail in any way: whatever it throws is one code here. */
async function authenticate(clientAuthentication: ClientAuthentication, draft: TokenRequestDraft): Promise<Proof> {
  try {
    return await clientAuthentication.authenticate(draft)
  } catch (error) {
    if (error instanceof TokenClientError) throw error
    throw new TokenClientError(
      'ERR_SECRET_UNAVAILABLE',
      `The credential for ${clientAuthentication.method} could not be had. Check where it comes from.`,
      { transient: true, cause: error }
    )
  }
}

function message({ form, headers, tokenEndpoint, certificate }: TokenRequestDraft) {
  return {
    method: 'POST',
    url: tokenEndpoint,
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    certificate
  } as const
}

function timedOut(maxWait: number): TokenClientError {
  return new TokenClientError(
    'ERR_TIMEOUT',
    `No token within ${Math.round(maxWait)} ms: the credential, the metadata or the token endpoint was too slow.`,
    { transient: true }
  )
}
