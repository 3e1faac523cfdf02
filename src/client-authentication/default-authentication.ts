import type { Secret } from '../token/secret.ts'
import type { ClientAuthentication, TokenRequestDraft } from './client-authentication.ts'
import { proveFormEncoded } from './client-secret-basic.ts'
import { proveByHmac } from './client-secret-jwt.ts'
import { proveInForm } from './client-secret-post.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { type ClientSecret, secretRing } from './secret-source.ts'

type Prove = (draft: TokenRequestDraft, secret: Secret) => void | Promise<void>

const proofs = {
  client_secret_basic: proveFormEncoded,
  client_secret_post: proveInForm,
  client_secret_jwt: proveByHmac
} as const satisfies Record<string, Prove>

type Method = keyof typeof proofs

/** For a secret without a method: the first of basic, post and jwt that the server's metadata lists, else basic (RFC 8414 §2). */
export function authenticationBySecret(secret: ClientSecret | readonly ClientSecret[]): ClientAuthentication {
  return ringAuthentication(secretRing(secret), {
    method: 'client_secret_basic',
    prove: (draft, secret) => proofs[methodFor(draft.authenticationMethods)](draft, secret)
  })
}

export function methodFor(listed: readonly string[] = []): Method {
  const methods: readonly Method[] = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']
  return methods.find((method) => listed.includes(method)) ?? 'client_secret_basic'
}
