import type { ClientAuthentication } from './client-authentication.ts'
import { proveFormEncoded } from './client-secret-basic.ts'
import { proveByHmac } from './client-secret-jwt.ts'
import { proveInForm } from './client-secret-post.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { type ClientSecret, secretRing } from './secret-source.ts'

/** For a secret without a method: the first of basic, post and jwt that the server's metadata lists, else basic (RFC 8414 §2). */
export function authenticationBySecret(secret: ClientSecret | readonly ClientSecret[]): ClientAuthentication {
  const ring = secretRing(secret)
  const basic = ringAuthentication(ring, { method: 'client_secret_basic', prove: proveFormEncoded })
  const post = ringAuthentication(ring, { method: 'client_secret_post', prove: proveInForm })
  const jwt = ringAuthentication(ring, { method: 'client_secret_jwt', prove: (draft, one) => proveByHmac(draft, one) })
  return {
    ...basic,
    authenticate(draft) {
      const listed = draft.authenticationMethods ?? []
      const chosen = [basic, post, jwt].find(({ method }) => listed.includes(method)) ?? basic
      return chosen.authenticate(draft)
    },
    changed: ring.changed
  }
}
