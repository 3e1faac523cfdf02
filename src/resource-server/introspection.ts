import type { ClientAuthentication, TokenRequestDraft } from '../client-authentication/client-authentication.ts'
import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Sender } from '../http/send.ts'
import type { Issuer, ServerSource } from '../metadata/authorization-server.ts'
import { type Awaited, type Deadline, tooSlow, withDeadline } from '../waiting/deadline.ts'
import { clientIdPath, textAt } from './claim-places.ts'
import { holds } from './claim-tests.ts'
import { checkAudience, checkTimes, type Expectation } from './claims.ts'
import { type JsonObject, parseJsonObject } from './compact-jws.ts'
import type { TokenProfile } from './profiles/token-profile.ts'
import { RefusedToken } from './token-refused-error.ts'
import { isBoundToKey, type SizedToken, verifiedToken } from './verified-token.ts'

/** How opaque tokens are asked about (RFC 7662). */
export interface Introspection {
  /** Who asks: this resource server is a client of the authorization server too. */
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  /** The one that the issuer's metadata names, if left out. */
  readonly endpoint?: string
  /** Milliseconds for which an answer counts; so late can a revocation take effect. A minute by default. */
  readonly keepFor?: number
  /** Asks about signed tokens too, so that a revocation counts for them within `keepFor`. They are not verified here then. */
  readonly always?: boolean
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
/** Words for a token that whoever has it may use. One that is bound all the same says so in its claims. */
const bearerTypes = /^(bearer|(urn:ietf:params:oauth:token-type:)?access_token)$/i

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
  if (typeof claims.iss !== 'string' || !issuers.includes(claims.iss)) throw new RefusedToken('wrong_issuer')
  if (typeof claims.sub !== 'string') throw new RefusedToken('missing_claim', { claim: 'sub' })
  checkType(answer, profile)
  checkAudience(answer, expected)
  checkTimes(answer, expected, context.now())
  return verifiedToken(claims, expected)
}

/** Servers write what kind of token it is, or how it is used, or both. */
function checkType({ token_type: type, token_use: use, ...answer }: JsonObject, { mustNot = [] }: TokenProfile): void {
  for (const [claim, kind] of Object.entries({ token_type: type, token_use: use }))
    if (typeof kind === 'string' && /refresh|id_token/i.test(kind)) throw new RefusedToken('wrong_type', { claim })
  const isKnown =
    typeof type === 'string' && (bearerTypes.test(type) || (/^dpop$/i.test(type) && isBoundToKey({ claims: answer })))
  if (type !== undefined && !isKnown) throw new RefusedToken('unknown_binding')
  const failed = mustNot.find((test) => holds(test, answer, undefined))
  if (failed !== undefined) throw new RefusedToken('wrong_type', { claim: failed.at.join('.') })
}

async function ask(token: string, how: Introspection, context: IntrospectionContext): Promise<JsonObject> {
  const { server, sender, clock } = context
  const timedOut = (awaited: Awaited | undefined) => tooSlow(`No answer within ${timeout} ms`, awaited)
  try {
    return await withDeadline({ clock, timeout, timedOut, signals: [] }, async (deadline) => {
      const url = how.endpoint ?? (await server.authorizationServer({})).introspectionEndpoint
      if (url === undefined) throw new Error('The metadata of the issuer names no usable introspection_endpoint.')
      const request = draft(token, how, url, context, deadline)
      const proof = await how.clientAuthentication.authenticate(request)
      const { headers, form, certificate } = request
      const answer = await sender.send({ method: 'POST', url, headers, body: form.toString(), certificate, timeout })
      if (answer.status === 401) await proof.refused()
      if (answer.status !== 200) throw new Error(`The introspection endpoint answered ${answer.status}.`)
      if (!/^application\/json\s*(;|$)/i.test(answer.headers['content-type'] ?? ''))
        throw new Error('The introspection endpoint answered with something that is not application/json.')
      proof.accepted()
      return parseJsonObject(answer.body, 'malformed_claims')
    })
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
  { expected, now }: IntrospectionContext,
  deadline: Deadline
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
    deadline
  }
}
