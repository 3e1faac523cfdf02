import type { ClientAuthentication, TokenRequestDraft } from '../client-authentication/client-authentication.ts'
import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Sender } from '../http/send.ts'
import type { Issuer, ServerSource } from '../metadata/authorization-server.ts'
import { clientIdPath, textAt } from './claim-places.ts'
import { checkAudience, checkTimes, type Expectation } from './claims.ts'
import { type JsonObject, parseJsonObject } from './compact-jws.ts'
import { RefusedToken } from './token-refused-error.ts'
import { type SizedToken, verifiedToken } from './verified-token.ts'

/** How opaque tokens are asked about (RFC 7662). */
export interface Introspection {
  /** Who asks: this resource server is a client of the authorization server too. */
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  /** The one that the issuer's metadata names, if left out. */
  readonly endpoint?: string
  /** Milliseconds for which an answer counts; so late can a revocation take effect. A minute by default. */
  readonly keepFor?: number
}

export interface IntrospectionContext {
  readonly server: ServerSource<Issuer>
  readonly sender: Sender
  readonly expected: Expectation
  readonly clock: Clock
  /** Epoch ms. */
  readonly now: () => number
}

const timeout = 5000

/**
 * Checks an opaque token with the one who issued it.
 * @throws RefusedToken; TokenClientError `ERR_INTROSPECTION_FAILED`, transient: without an answer no token counts.
 */
export async function introspect(
  token: string,
  how: Introspection,
  context: IntrospectionContext
): Promise<SizedToken> {
  const answer = await ask(token, how, context)
  if (answer.active !== true) throw new RefusedToken('inactive')
  const { expected } = context
  const { issuers, profile } = expected
  const clientClaim = clientIdPath(answer, profile.clientId)
  if (clientClaim === undefined) throw new RefusedToken('missing_claim', { claim: profile.clientId[0]?.join('.') })
  const claims = { iss: issuers[0], sub: textAt(answer, clientClaim), ...answer }
  if (!issuers.includes(String(claims.iss))) throw new RefusedToken('wrong_issuer')
  if (typeof claims.sub !== 'string') throw new RefusedToken('missing_claim', { claim: 'sub' })
  if (answer.token_type !== undefined && !/^bearer$/i.test(String(answer.token_type)))
    throw new RefusedToken('unknown_binding')
  checkAudience(answer, expected)
  checkTimes(answer, expected, context.now())
  return verifiedToken(claims, expected)
}

async function ask(token: string, how: Introspection, context: IntrospectionContext): Promise<JsonObject> {
  const { server, sender } = context
  try {
    const url = how.endpoint ?? (await server.authorizationServer({})).introspectionEndpoint
    if (url === undefined) throw new Error('The metadata of the issuer names no usable introspection_endpoint.')
    const request = draft(token, how, url, context)
    const proof = await how.clientAuthentication.authenticate(request)
    const { headers, form, certificate } = request
    const answer = await sender.send({ method: 'POST', url, headers, body: form.toString(), certificate, timeout })
    if (answer.status === 401) await proof.refused()
    if (answer.status !== 200) throw new Error(`The introspection endpoint answered ${answer.status}.`)
    proof.accepted()
    return parseJsonObject(answer.body, 'malformed_claims')
  } catch (cause) {
    const message = 'The issuer could not say whether the token is active, so it does not count. See the cause.'
    throw new TokenClientError('ERR_INTROSPECTION_FAILED', message, { transient: true, cause })
  }
}

/** The token travels in the form alone, never in a URL (RFC 7662 §4). */
function draft(
  token: string,
  { clientId }: Introspection,
  tokenEndpoint: string,
  { expected, clock, now }: IntrospectionContext
): TokenRequestDraft {
  return {
    clientId,
    form: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    issuer: expected.issuers[0],
    tokenEndpoint,
    authenticationMethods: undefined,
    now: now(),
    warn() {},
    limit: { clock, timeout }
  }
}
