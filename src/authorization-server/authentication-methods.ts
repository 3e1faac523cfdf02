import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Secret } from '../token/secret.ts'
import type { RegisteredClient } from './client-registration.ts'
import type { Form } from './form.ts'

/** What of a request can prove who sent it. */
export interface AuthenticationRequest {
  readonly headers: IncomingHttpHeaders
  readonly form: Form
}

/** A client says who it is, and can be asked to prove it. */
export interface Attempt {
  readonly clientId: string
  /** `client` is undefined when nobody has this id: the proof then takes as long, and fails. */
  proves(client: RegisteredClient | undefined): boolean | Promise<boolean>
}

export interface AuthenticationMethod {
  /** Its name in the registry "OAuth Token Endpoint Authentication Methods". */
  readonly method: string
  /** Undefined when the request does not use this method. */
  attempt(request: AuthenticationRequest): Attempt | undefined
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
const clientSecretBasic: AuthenticationMethod = {
  method: 'client_secret_basic',
  attempt({ headers: { authorization } }) {
    if (authorization === undefined) return undefined
    const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization) ?? []
    const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
    return secretAttempt(formDecode(id), formDecode(secret.join(':')))
  }
}

/** RFC 6749 §2.3.1: both in the body. */
const clientSecretPost: AuthenticationMethod = {
  method: 'client_secret_post',
  attempt({ form }) {
    const secret = form.value('client_secret')
    return secret === undefined ? undefined : secretAttempt(form.value('client_id') ?? '', secret)
  }
}

/** Every method that the server understands. */
export const authenticationMethods: readonly AuthenticationMethod[] = [clientSecretBasic, clientSecretPost]

const nobody = new Secret(randomBytes(32).toString('base64'))

function secretAttempt(clientId: string, secret: string): Attempt {
  return { clientId, proves: (client) => isOneOf(secret, client?.clientSecrets ?? [nobody]) }
}

/** Looks at every one, whichever fits. */
function isOneOf(given: string, registered: readonly Secret[]): boolean {
  return registered.filter((secret) => sameSecret(given, secret)).length > 0
}

const digestKey = randomBytes(32)

/** In constant time, whatever the two lengths. */
function sameSecret(given: string, registered: Secret): boolean {
  const [one, other] = [given, registered.reveal()].map((text) => createHmac('sha256', digestKey).update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}

/** A half that is not form-encoded proves nothing: it decodes to the empty string, which no secret is. */
function formDecode(half: string): string {
  try {
    return decodeURIComponent(half.replaceAll('+', ' '))
  } catch {
    return ''
  }
}
