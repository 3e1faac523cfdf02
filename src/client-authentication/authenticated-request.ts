import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Answer, Sender } from '../http/send.ts'
import type { ServerClock } from '../http/server-clock.ts'
import { broughtNews } from '../waiting/brought-news.ts'
import type { ClientAuthentication, Proof, TokenRequestDraft } from './client-authentication.ts'
import type { CredentialSource } from './credential-source.ts'

/** Which client asks the authorization server, and how the request is sent. */
export interface AuthenticatedRequestOptions {
  readonly clientAuthentication: ClientAuthentication
  readonly sender: Sender
  readonly clock: Clock
  /** The clock by which the server judges the date of an assertion. */
  readonly serverTime: ServerClock
  /** Further header fields, by lower-case names. */
  readonly headers?: CredentialSource<Readonly<Record<string, string>>> | undefined
}

/** A request that gets its date when it is authenticated. */
export type UndatedDraft = Omit<TokenRequestDraft, 'now'>

/** The result of a request. The proof needs to know what the answer says about it. */
export interface AuthenticatedAnswer {
  readonly answer: Answer
  readonly proof: Proof
  /** When the request was sent, by both clocks. */
  readonly sent: { readonly wall: number; readonly monotonic: number }
  /**
   * The server refused the credential. Returns whether to send the request again at once: it was dated wrongly, or there is another
   * credential. It is never true unless `mayRepeat` is.
   */
  refused(mayRepeat: boolean): Promise<boolean>
}

/**
 * Sends a form with the authentication of the client (RFC 6749 §2.3): a token request or an introspection. Everything ends at the
 * deadline of the draft.
 * @throws TokenClientError `ERR_SECRET_UNAVAILABLE` if the credential is not available, and everything that the sender throws.
 */
export async function authenticatedRequest(
  undated: UndatedDraft,
  { clientAuthentication, sender, clock, serverTime, headers }: AuthenticatedRequestOptions
): Promise<AuthenticatedAnswer> {
  const { deadline, tokenEndpoint: url, form } = undated
  const { offset } = serverTime
  const draft: TokenRequestDraft = Object.assign(undated, { now: serverTime.now() })
  const proof = await prove(draft, clientAuthentication, headers)
  deadline.signal.throwIfAborted()
  const sent = { wall: clock.wallTime(), monotonic: clock.monotonicTime() }
  deadline.awaits(`an answer of ${new URL(url).host}`)
  const answer = await sender.send({
    method: 'POST',
    url,
    headers: { ...draft.headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    certificate: draft.certificate,
    timeout: deadline.left(),
    through: (host) => deadline.awaits(`an answer of ${host}`),
    signal: deadline.signal
  })
  const misdated = serverTime.learn(answer, url, offset) && draft.dated === true
  return {
    answer,
    proof,
    sent,
    async refused(mayRepeat) {
      if (misdated && mayRepeat) return true
      // A source that hangs must not hide why the server refused.
      return (await broughtNews(proof.refused(), clock, deadline.signal)) && mayRepeat
    }
  }
}

/** A source can hang too, so the deadline knows what it waits for. */
async function prove(
  draft: TokenRequestDraft,
  clientAuthentication: ClientAuthentication,
  headers: AuthenticatedRequestOptions['headers']
): Promise<Proof> {
  const { method } = clientAuthentication
  const { deadline, warn } = draft
  deadline.awaits(`the credential for ${method}`, 'ERR_SECRET_UNAVAILABLE')
  return orUnavailable(`The credential for ${method}`, async () => {
    if (headers !== undefined) Object.assign(draft.headers, await headers.read(warn, deadline))
    return clientAuthentication.authenticate(draft)
  })
}

/** A source of secrets can fail in any way. All of this has one code here. */
export async function orUnavailable<Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TokenClientError) throw cause
    const message = `${what} is not available. Check where it comes from.`
    throw new TokenClientError('ERR_SECRET_UNAVAILABLE', message, { transient: true, cause })
  }
}

interface Endpoint {
  readonly usual: string
  /** Of `mtls_endpoint_aliases`. */
  readonly mutualTls: string | undefined
}

/** The endpoint for this kind of authentication. A certificate needs the endpoint that asks for one (RFC 8705 §5). */
export function endpointFor({ mutualTls }: ClientAuthentication, endpoint: Endpoint): string {
  return mutualTls === undefined ? endpoint.usual : (endpoint.mutualTls ?? endpoint.usual)
}
