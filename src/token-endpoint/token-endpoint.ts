import {
  type AuthenticatedAnswer,
  authenticatedRequest,
  endpointFor,
  type UndatedDraft
} from '../client-authentication/authenticated-request.ts'
import type { ClientAuthentication } from '../client-authentication/client-authentication.ts'
import type { CredentialSource } from '../client-authentication/credential-source.ts'
import type { CurrentProver } from '../client-authentication/current-prover.ts'
import { namingTheMethod } from '../client-authentication/unlisted-method.ts'
import type { Clock } from '../clock.ts'
import { type ErrorCode, isRefusalOfCredential, TokenClientError } from '../errors.ts'
import { type Emit, fieldsOf } from '../events.ts'
import type { Sender } from '../http/send.ts'
import { type ServerClock, serverClock } from '../http/server-clock.ts'
import { limits } from '../limits.ts'
import type { AuthorizationServer, AuthorizationServerSource } from '../metadata/server-source.ts'
import { ownMembers } from '../own-members.ts'
import { AccessToken } from '../token/access-token.ts'
import type { ProvenCall, Prover } from '../token/prover.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import { type Awaited, type Deadline, tooSlow, withDeadline } from '../waiting/deadline.ts'
import { timeOfAttempt } from '../waiting/retry.ts'
import { confidentialIn, furtherIn } from './confidential.ts'
import { credentialTrial, type Trial } from './credential-trial.ts'
import { beginProof, proofRefusalIn, writeProof } from './dpop-proof.ts'
import { tokenRequestForm } from './form.ts'
import { readTokenResponse, type TokenResponse } from './response.ts'
import { reportScope } from './scope-report.ts'
import { toldEnds } from './told-ends.ts'

export interface TokenEndpointOptions {
  readonly clientId: string
  readonly server: AuthorizationServerSource
  readonly clientAuthentication: ClientAuthentication
  readonly sender: Sender
  readonly clock: Clock
  /** Milliseconds for a whole flight. An attempt gets half of it, unless its patience says otherwise. */
  readonly timeout: number
  /** Milliseconds that a token lives when the server does not say. */
  readonly defaultLifetime: number
  /** Names of token types that mean Bearer, in lower case. The default is only `bearer`. */
  readonly bearerTypes?: readonly string[]
  /** Proves the key that tokens are bound to; undefined for Bearer tokens. */
  readonly prover?: CurrentProver | undefined
  /** With a prover: whether a Bearer token is accepted too. */
  readonly allowBearer?: boolean
  /** Further header fields of each token request, by lower-case names. */
  readonly headers?: CredentialSource<Readonly<Record<string, string>>> | undefined
  readonly emit: Emit
}

const metadata = "the authorization server's metadata"

/**
 * The token endpoint as a source of tokens. Each call is one attempt of the client credentials grant (RFC 6749 §4.4).
 * A refused credential, a wrong date and an endpoint that moved are worth one repeat, at once, and so is each nonce that a proof must carry.
 * `maxWait` bounds all of it: `ERR_SECRET_UNAVAILABLE` when the credential does not come in time, else `ERR_TIMEOUT`.
 */
export function tokenEndpoint(options: TokenEndpointOptions): TokenSource {
  return new Endpoint(options)
}

/** This is a class because a thousand tenants have a thousand of these, and a class has its functions only once. */
class Endpoint implements TokenSource {
  readonly #options: TokenEndpointOptions
  readonly #inTurn: Trial
  readonly #serverTime: ServerClock
  readonly #ends = toldEnds()
  #hasWorked = false

  constructor(options: TokenEndpointOptions) {
    this.#options = options
    this.#inTurn = credentialTrial(options.clock)
    this.#serverTime = serverClock(options.clock)
  }

  token(request: TokenRequest, asking: Asking = {}): Promise<AccessToken> {
    const { clock, timeout } = this.#options
    const { maxWait = timeOfAttempt(timeout), signal, awaits } = asking
    const timedOut = (awaited: Awaited | undefined) =>
      tooSlow(`No token came within ${Math.round(maxWait)} ms`, awaited)
    return withDeadline({ clock, timeout: maxWait, timedOut, signals: [signal], awaits }, (attempt) => {
      attempt.awaits('the request that tries the credential')
      return this.#inTurn
        .run(() => this.#tryOnce(request, attempt), attempt.signal)
        .catch((error) => {
          throw this.#hasWorked ? passing(error) : error
        })
    })
  }

  changed(): Promise<boolean> {
    return this.#options.clientAuthentication.changed()
  }

  get #dpop(): 'preferred' | 'required' | undefined {
    const { prover, allowBearer = false } = this.#options
    return prover && (allowBearer ? 'preferred' : 'required')
  }

  async #tryOnce(request: TokenRequest, attempt: Deadline): Promise<AccessToken> {
    const { server } = this.#options
    attempt.awaits(metadata)
    const known = await server.authorizationServer({ signal: attempt.signal, maxWait: attempt.left() })
    try {
      return await this.#ask(request, known, attempt, true)
    } catch (error) {
      if (!(error instanceof TokenClientError && error.code === 'ERR_ENDPOINT_NOT_FOUND')) throw error
      attempt.awaits(metadata)
      const found = await server.rediscover({ signal: attempt.signal, maxWait: attempt.left() })
      if (this.#urlOf(found) === this.#urlOf(known)) throw error
      return this.#ask(request, found, attempt, true)
    }
  }

  async #ask(
    request: TokenRequest,
    known: AuthorizationServer,
    attempt: Deadline,
    mayRepeat: boolean,
    proven?: ProvenCall
  ): Promise<AccessToken> {
    const { clock, bearerTypes = ['bearer'], prover } = this.#options
    const draft = this.#draftOf(request, known, attempt)
    const call = proven ?? (prover && (await beginProof(draft, prover, this.#serverTime)))
    if (call !== undefined) await writeProof(draft, call)
    const asked = await authenticatedRequest(draft, { ...this.#options, serverTime: this.#serverTime })
    const { answer, proof, sent } = asked
    try {
      const context = {
        tokenEndpoint: draft.tokenEndpoint,
        wallTime: clock.wallTime(),
        bearerTypes,
        dpop: this.#dpop,
        hidden: confidentialIn(draft),
        hiddenInErrors: furtherIn(draft)
      }
      const response = readTokenResponse(answer, context)
      proof.accepted()
      this.#hasWorked = true
      call?.learn(answer.headers, undefined, false)
      return this.#accessToken(request, response, sent, {
        certificate: draft.certificate?.thumbprint,
        prover: response.isBound ? call?.prover : undefined
      })
    } catch (error) {
      if (call?.learn(answer.headers, proofRefusalIn(error, answer), true))
        return this.#ask(request, known, attempt, mayRepeat, call)
      if (!isRefusalOfCredential(error)) throw error
      if (await asked.refused(mayRepeat)) return this.#ask(request, known, attempt, false)
      throw namingTheMethod(error, proof.method, known.authenticationMethods, confidentialIn(draft))
    }
  }

  #urlOf({ tokenEndpoint: usual, mutualTlsTokenEndpoint: mutualTls }: AuthorizationServer): string {
    return endpointFor(this.#options.clientAuthentication, { usual, mutualTls })
  }

  #draftOf(request: TokenRequest, known: AuthorizationServer, deadline: Deadline): UndatedDraft {
    const { clientId, emit } = this.#options
    return ownMembers<UndatedDraft>({
      clientId,
      form: tokenRequestForm(request),
      headers: {},
      issuer: known.issuer,
      tokenEndpoint: this.#urlOf(known),
      authenticationMethods: known.authenticationMethods,
      warn: (code, message) => emit('warning', { ...fieldsOf(request), code, message }),
      deadline
    })
  }

  /** Bound to the certificate that the request was sent with (RFC 8705 §3), and to the key that it proved (RFC 9449 §5). */
  #accessToken(
    request: TokenRequest,
    response: TokenResponse,
    sent: AuthenticatedAnswer['sent'],
    { certificate, prover }: { certificate: string | undefined; prover: Prover | undefined }
  ): AccessToken {
    const { defaultLifetime, emit } = this.#options
    const { value, scope = request.scope, warnings } = response
    const told = this.#ends.lifeOf(value, response.life, sent.monotonic)
    const life = told === undefined ? defaultLifetime : Math.min(told, limits.tokenLife)
    for (const warning of warnings) emit('warning', { ...fieldsOf(request), ...warning })
    reportScope(request, scope, emit)
    const boundTo = [certificate, prover?.thumbprint].filter((one) => one !== undefined).join(' ') || undefined
    return new AccessToken({ value, scope, obtainedAt: sent.wall, expiresAt: sent.wall + life, boundTo, prover })
  }
}

const astray: readonly ErrorCode[] = ['ERR_ENDPOINT_NOT_FOUND', 'ERR_REDIRECT_REFUSED', 'ERR_PROXY_REFUSED']

/** An endpoint that has worked and is not there now, or sends to a login page, is behind a gateway or a proxy in trouble. */
function passing(error: unknown): unknown {
  const isAstray = error instanceof TokenClientError && astray.includes(error.code)
  return isAstray ? new TokenClientError(error.code, error.message, { ...error, transient: true }) : error
}
