import type { Secret } from '../token/secret.ts'
import type { ClientAuthentication, Proof, TokenRequestDraft } from './client-authentication.ts'
import { proveFormEncoded } from './client-secret-basic.ts'
import { proveByHmac } from './client-secret-jwt.ts'
import { proveInForm } from './client-secret-post.ts'
import type { CredentialRing } from './credential-ring.ts'
import { type ProvingMethod, proofByRing } from './ring-authentication.ts'
import { type ClientSecret, secretRing } from './secret-source.ts'

const basic: ProvingMethod<Secret> = { method: 'client_secret_basic', prove: proveFormEncoded }

/** In order of preference. */
const methods: readonly ProvingMethod<Secret>[] = [
  basic,
  { method: 'client_secret_post', prove: proveInForm },
  { method: 'client_secret_jwt', prove: (draft, secret) => proveByHmac(draft, secret) }
]

/** For a secret without a method: the first of basic, post and jwt that the metadata of the server lists, and otherwise basic (RFC 8414 §2). */
export function authenticationBySecret(secret: ClientSecret | readonly ClientSecret[]): ClientAuthentication {
  return new BySecret(secretRing(secret))
}

class BySecret implements ClientAuthentication {
  readonly method = basic.method
  readonly #ring: CredentialRing<Secret>

  constructor(ring: CredentialRing<Secret>) {
    this.#ring = ring
  }

  authenticate(draft: TokenRequestDraft): Promise<Proof> {
    const listed = draft.authenticationMethods ?? []
    return proofByRing(this.#ring, methods.find(({ method }) => listed.includes(method)) ?? basic, draft)
  }

  changed(): Promise<boolean> {
    return this.#ring.changed()
  }
}
