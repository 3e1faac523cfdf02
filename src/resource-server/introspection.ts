import { authenticatedRequest, endpointFor, type UndatedDraft } from '../client-authentication/authenticated-request.ts'
import type { ClientAuthentication } from '../client-authentication/client-authentication.ts'
import { unlistedMethod } from '../client-authentication/unlisted-method.ts'
import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Answer, Sender } from '../http/send.ts'
import { type ServerClock, serverClock } from '../http/server-clock.ts'
import { limits } from '../limits.ts'
import type { Issuer, ServerSource } from '../metadata/server-source.ts'
import { type Awaited, type Deadline, tooSlow, withDeadline } from '../waiting/deadline.ts'
import type { Ending } from '../waiting/ending.ts'
import { clientIdPath, textAt } from './claim-places.ts'
import { holds } from './claim-tests.ts'
import { checkAudience, checkTimes, type Expectation } from './claims.ts'
import { type JsonObject, parseJsonObject } from './compact-jws.ts'
import type { TokenProfile } from './profiles/token-profile.ts'
import { RefusedToken } from './token-refused-error.ts'
import { isBoundToKey, type SizedToken, verifiedToken } from './verified-token.ts'

/** How to ask the issuer about opaque tokens (RFC 7662). */
export interface Introspection {
  /** The client id of this resource server, which is itself a client of the authorization server here. */
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  /** The introspection endpoint. The default is the one in the issuer's metadata. */
  readonly endpoint?: string
  /** How many milliseconds an answer is kept. A revocation may take effect as late as that. The default is a minute. */
  readonly keepFor?: number
  /** Asks about signed tokens too, so that their revocation takes effect within `keepFor`. Their signatures are not verified then. */
  readonly always?: boolean
}

export interface IntrospectionContext {
  readonly server: ServerSource<Issuer>
  readonly sender: Sender
  readonly expected: Expectation
  readonly clock: Clock
  /** Aborted when the verifier closes. */
  readonly closing: Ending
}

const timeout = limits.issuerWait
/** The values of `token_type` for a bearer token. A token with such a type can still be bound; then its claims say so. */
const bearerTypes = /^(bearer|(urn:ietf:params:oauth:token-type:)?access_token)$/i

/**
 * Asks the issuer about opaque tokens. Each check rejects with RefusedToken, or with a transient TokenClientError
 * `ERR_INTROSPECTION_FAILED`, because a token without an answer is not accepted.
 */
export function introspector(
  how: Introspection,
  context: IntrospectionContext
): (token: string) => Promise<SizedToken> {
  const serverTime = serverClock(context.clock)
  return async (token) => tokenIn(await ask({ ...context, how, token, serverTime }), context)
}

/** Reads the answer about a token. @throws RefusedToken */
function tokenIn(answer: JsonObject, { expected, clock }: IntrospectionContext): SizedToken {
  if (answer.active !== true) throw new RefusedToken('inactive')
  const { issuers, profile } = expected
  const clientClaim = clientIdPath(answer, profile.clientId)
  if (clientClaim === undefined) throw new RefusedToken('missing_claim', { claim: profile.clientId[0]?.join('.') })
  const claims = { iss: issuers[0], sub: textAt(answer, clientClaim), ...answer }
  if (typeof claims.iss !== 'string' || !issuers.includes(claims.iss)) throw new RefusedToken('wrong_issuer')
  if (typeof claims.sub !== 'string') throw new RefusedToken('missing_claim', { claim: 'sub' })
  checkType(answer, profile)
  checkAudience(answer, expected)
  checkTimes(answer, expected, clock.wallTime())
  return verifiedToken(claims, expected)
}

/** Checks the type of the token. Servers write its kind, its authentication scheme, or both. */
function checkType({ token_type: type, token_use: use, ...answer }: JsonObject, { mustNot = [] }: TokenProfile): void {
  for (const [claim, kind] of Object.entries({ token_type: type, token_use: use }))
    if (typeof kind === 'string' && /refresh|id_token/i.test(kind)) throw new RefusedToken('wrong_type', { claim })
  const isKnown =
    typeof type === 'string' && (bearerTypes.test(type) || (/^dpop$/i.test(type) && isBoundToKey({ claims: answer })))
  if (type !== undefined && !isKnown) throw new RefusedToken('unknown_binding')
  const failed = mustNot.find((test) => holds(test, answer, undefined))
  if (failed !== undefined) throw new RefusedToken('wrong_type', { claim: failed.at.join('.') })
}

interface Question extends IntrospectionContext {
  readonly how: Introspection
  readonly token: string
  readonly serverTime: ServerClock
}

async function ask(question: Question): Promise<JsonObject> {
  const timedOut = (awaited: Awaited | undefined) => tooSlow(`No answer came within ${timeout} ms`, awaited)
  try {
    return await withDeadline({ clock: question.clock, timeout, timedOut, signals: [question.closing] }, (deadline) =>
      askOnce(question, deadline, true)
    )
  } catch (cause) {
    const message = 'The issuer did not say whether the token is active, so the token is not accepted. See the cause.'
    throw new TokenClientError('ERR_INTROSPECTION_FAILED', message, { transient: true, cause })
  }
}

/** After a refused credential, the request is repeated once if there is another credential or if the clock caused the refusal. */
async function askOnce(question: Question, deadline: Deadline, mayRepeat: boolean): Promise<JsonObject> {
  const { how, server, sender, clock, serverTime } = question
  const { clientAuthentication } = how
  deadline.awaits("the issuer's metadata")
  const known = how.endpoint === undefined ? await server.authorizationServer({}) : undefined
  const usual = how.endpoint ?? known?.introspectionEndpoint
  if (usual === undefined) throw new Error('The metadata of the issuer contains no usable introspection_endpoint.')
  const url = endpointFor(clientAuthentication, { usual, mutualTls: known?.mutualTlsIntrospectionEndpoint })
  const request = draft(question, url, known?.introspectionMethods, deadline)
  const asked = await authenticatedRequest(request, { clientAuthentication, sender, clock, serverTime })
  const { answer, proof } = asked
  if (isRefusalOfClient(answer)) {
    if (await asked.refused(mayRepeat)) return askOnce(question, deadline, false)
    const reason = unlistedMethod(proof.method, known?.introspectionMethods, [question.token]) ?? ''
    throw new Error(`The introspection endpoint answered ${answer.status}. ${reason}`.trimEnd())
  }
  if (answer.status !== 200) throw new Error(`The introspection endpoint answered ${answer.status}.`)
  if (!/^application\/json\s*(;|$)/i.test(answer.headers['content-type'] ?? ''))
    throw new Error('The introspection endpoint did not answer with application/json.')
  proof.accepted()
  return parseJsonObject(answer.body, 'malformed_claims')
}

/** Whether the server refused the credential. It may use another status than 401 if the credential was not in `Authorization` (RFC 6749 §5.2). */
function isRefusalOfClient({ status, body }: Answer): boolean {
  return status === 401 || (status === 400 && /"error"\s*:\s*"invalid_client"/.test(new TextDecoder().decode(body)))
}

/** The token is sent only in the form and never in a URL (RFC 7662 §4). */
function draft(
  { token, how, expected }: Question,
  tokenEndpoint: string,
  authenticationMethods: readonly string[] | undefined,
  deadline: Deadline
): UndatedDraft {
  return {
    clientId: how.clientId,
    form: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    headers: {},
    issuer: expected.issuers[0],
    tokenEndpoint,
    authenticationMethods,
    warn() {},
    deadline
  }
}
