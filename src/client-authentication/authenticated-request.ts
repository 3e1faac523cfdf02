import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Answer, Sender } from '../http/send.ts'
import type { ClientAuthentication, Proof, TokenRequestDraft } from './client-authentication.ts'
import type { CredentialSource } from './credential-source.ts'

/** Which client asks the authorization server, and how the request is sent. */
export interface AuthenticatedRequestOptions {
  readonly clientAuthentication: ClientAuthentication
  readonly sender: Sender
  readonly clock: Clock
  /** Further header fields, by lower-case names. */
  readonly headers?: CredentialSource<Readonly<Record<string, string>>> | undefined
}

/** The result of a request. The proof needs to know what the answer says about it. */
export interface AuthenticatedAnswer {
  readonly answer: Answer
  readonly proof: Proof
  /** When the request was sent, by both clocks. */
  readonly sent: { readonly wall: number; readonly monotonic: number }
}

/**
 * Sends a form with the authentication of the client (RFC 6749 §2.3): a token request or an introspection. Everything ends at the
 * deadline of the draft.
 * @throws TokenClientError `ERR_SECRET_UNAVAILABLE` if the credential is not available, and everything that the sender throws.
 */
export async function authenticatedRequest(
  draft: TokenRequestDraft,
  { clientAuthentication, sender, clock, headers }: AuthenticatedRequestOptions
): Promise<AuthenticatedAnswer> {
  const { deadline, tokenEndpoint: url, form } = draft
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
    signal: deadline.signal
  })
  return { answer, proof, sent }
}

/** A source of secrets can fail in any way and can hang. All of this has one code here. */
async function prove(
  draft: TokenRequestDraft,
  clientAuthentication: ClientAuthentication,
  headers: AuthenticatedRequestOptions['headers']
): Promise<Proof> {
  const { method } = clientAuthentication
  const { deadline, warn } = draft
  deadline.awaits(`the credential for ${method}`, 'ERR_SECRET_UNAVAILABLE')
  try {
    if (headers !== undefined) Object.assign(draft.headers, await headers.read(warn, deadline))
    return await clientAuthentication.authenticate(draft)
  } catch (cause) {
    if (cause instanceof TokenClientError) throw cause
    const message = `The credential for ${method} is not available. Check where it comes from.`
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
