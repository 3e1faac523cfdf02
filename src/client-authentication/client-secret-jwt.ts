import { leastSecretBytes } from '../proof/signature-algorithms.ts'
import type { Secret } from '../token/secret.ts'
import { checkedFields, wrong } from '../wrong-option.ts'
import type { ClientAuthentication, TokenRequestDraft } from './client-authentication.ts'
import { preparedAudience, signAssertion } from './own-assertion.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { type ClientSecret, secretRing } from './secret-source.ts'

export interface ClientSecretJwtOptions {
  /** The issuer unless given; the token endpoint's URL makes the older form, without `typ`. */
  readonly audience?: string
}

/** With a shorter key, anyone who sees an assertion could guess the secret offline (RFC 7518 §3.2). */
const leastBytes = leastSecretBytes('HS256')

/** `client_secret_jwt`: an assertion with an HMAC of the secret, HS256 (OpenID Connect Core §9). The secret needs 256 bits. */
export function clientSecretJwt(
  secret: ClientSecret | readonly ClientSecret[],
  options: ClientSecretJwtOptions = {}
): ClientAuthentication {
  const { audience } = checkedFields('clientSecretJwt options', options, ['audience'])
  preparedAudience(audience)
  return ringAuthentication(secretRing(secret, leastBytes), {
    method: 'client_secret_jwt',
    needsIssuer: audience === undefined,
    prove: (draft, secret) => proveByHmac(draft, secret, audience)
  })
}

export async function proveByHmac(draft: TokenRequestDraft, secret: Secret, audience?: string): Promise<void> {
  const key = Buffer.from(secret.reveal())
  if (key.length < leastBytes)
    wrong('clientSecret', `has fewer than ${leastBytes} bytes, too few for client_secret_jwt`, 'Use another method.')
  return signAssertion(draft, { alg: 'HS256', key }, audience)
}
