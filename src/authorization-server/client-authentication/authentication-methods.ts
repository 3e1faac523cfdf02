import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Secret } from '../../token/secret.ts'
import type { Form } from '../http/parse-form.ts'
import type { PresentedCertificate } from '../http/presented-certificate.ts'
import { secretsAt } from '../registry/credentials.ts'
import type { RegisteredClient } from '../registry/model.ts'
import { type Assertions, isHmac, subjectOf } from './assertions.ts'

/** The parts of a request that can authenticate a client. */
export interface AuthenticationRequest {
  readonly headers: IncomingHttpHeaders
  readonly form: Form
  readonly certificate: PresentedCertificate | undefined
  readonly assertions: Assertions
  /** Epoch ms. */
  readonly now: number
}

/** An attempt to authenticate by one method. */
export interface Attempt {
  /** The name of the method in the registry "OAuth Token Endpoint Authentication Methods". */
  readonly method: AuthenticationMethod
  readonly clientId: string
  /** `client` is undefined if there is no client with this id. The check then takes as long as any other, and fails. */
  proves(client: RegisteredClient | undefined): boolean | Promise<boolean>
}

export const methodsInMessage = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt'
] as const

/** The methods that need a client certificate. */
export const mutualTlsMethods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const

export type AuthenticationMethod = (typeof methodsInMessage)[number] | (typeof mutualTlsMethods)[number]

/** All attempts in a request. A certificate only counts if there is no other, because it can also just bind the token (RFC 8705 §3). */
export function attempts(request: AuthenticationRequest): readonly Attempt[] {
  const inMessage = [basicAttempt(request), postAttempt(request), assertionAttempt(request)].filter(
    (attempt) => attempt !== undefined
  )
  if (inMessage.length > 0) return inMessage
  const inConnection = certificateAttempt(request)
  return inConnection === undefined ? [] : [inConnection]
}

/** `client_secret_basic`. Both halves are form-encoded before they are joined (RFC 6749 §2.3.1). */
function basicAttempt({ headers: { authorization }, now }: AuthenticationRequest): Attempt | undefined {
  if (authorization === undefined) return undefined
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization) ?? []
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  return secretAttempt('client_secret_basic', formDecode(id), formDecode(secret.join(':')), now)
}

/** `client_secret_post`: id and secret are in the body (RFC 6749 §2.3.1). */
function postAttempt({ form, now }: AuthenticationRequest): Attempt | undefined {
  const secret = form.value('client_secret')
  if (secret === undefined) return undefined
  return secretAttempt('client_secret_post', form.value('client_id') ?? '', secret, now)
}

function secretAttempt(method: AuthenticationMethod, clientId: string, secret: string, now: number): Attempt {
  const registered = (client?: RegisteredClient) => (client === undefined ? [] : secretsAt(client.credentials, now))
  return { method, clientId, proves: (client) => isOneOf(secret, registered(client)) }
}

/** `client_id` may be left out, because the assertion names the client too (RFC 7521 §4.2). */
function assertionAttempt({ form, assertions }: AuthenticationRequest): Attempt | undefined {
  const assertion = form.value('client_assertion')
  if (assertion === undefined) return undefined
  const subject = subjectOf(assertion)
  const isJwt =
    subject !== undefined &&
    form.value('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  return {
    method: isJwt && isHmac(assertion) ? 'client_secret_jwt' : 'private_key_jwt',
    clientId: form.value('client_id') ?? subject ?? '',
    proves: (client) => isJwt && client !== undefined && assertions.proves(assertion, client)
  }
}

/** `client_id` names the client, and its certificate proves it (RFC 8705 §2). */
function certificateAttempt({ form, certificate }: AuthenticationRequest): Attempt | undefined {
  const clientId = form.value('client_id')
  if (certificate === undefined || clientId === undefined) return undefined
  const { thumbprint, subject, trusted } = certificate
  return {
    method: trusted ? 'tls_client_auth' : 'self_signed_tls_client_auth',
    clientId,
    proves: (client) =>
      client !== undefined &&
      (client.credentials.thumbprints.includes(thumbprint) ||
        (trusted && client.credentials.certificateSubject === subject))
  }
}

const digestKey = randomBytes(32)

/** Compares in constant time, whatever the lengths are, and also if the client has no secret or does not exist. */
function isOneOf(given: string, registered: readonly Secret[]): boolean {
  const digest = (text: string) => createHmac('sha256', digestKey).update(text).digest()
  const digests = registered.length > 0 ? registered.map((secret) => digest(secret.reveal())) : [randomBytes(32)]
  return digests.filter((known) => timingSafeEqual(known, digest(given))).length > 0
}

/** A half that is not form-encoded decodes to the empty string, which is never a secret. */
function formDecode(half: string): string {
  try {
    return decodeURIComponent(half.replaceAll('+', ' '))
  } catch {
    return ''
  }
}
