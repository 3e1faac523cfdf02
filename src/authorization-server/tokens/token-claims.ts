import { randomUUID } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import type { TokenProfile } from '../../resource-server/profiles/token-profile.ts'
import { joinScope } from '../../token/scope.ts'
import type { RegisteredClient } from '../registry/model.ts'
import { typeIn } from './in-profile.ts'
import type { SigningKey } from './signing-keys.ts'

/** The content of a token: one service, and the rights there. */
export interface TokenContent {
  readonly client: RegisteredClient
  /** The name of the service in the registry. */
  readonly service: string
  readonly audience: string
  readonly scope: readonly string[]
  readonly roles: readonly string[]
  /** The thumbprint of the certificate that the token is bound to (RFC 8705 §3). */
  readonly thumbprint?: string | undefined
  /** The thumbprint of the key that the token is bound to (RFC 9449 §6). */
  readonly jkt?: string | undefined
}

export interface Validity {
  /** Epoch ms. */
  readonly issuedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
}

/** The claims of an access token (RFC 9068 §2.2). The subject is the client, because it acts for itself. */
export function claims(
  issuer: string,
  { client, audience, scope, roles, thumbprint, jkt }: TokenContent,
  { issuedAt, expiresAt }: Validity
): JWTPayload {
  const { clientId, authorities } = client
  return {
    ...client.claims,
    iss: issuer,
    sub: clientId,
    client_id: clientId,
    aud: audience,
    iat: Math.floor(issuedAt / 1000),
    exp: Math.floor(expiresAt / 1000),
    jti: randomUUID(),
    ...(scope.length > 0 && { scope: joinScope(scope) }),
    ...(roles.length > 0 && { roles }),
    ...(authorities.length > 0 && { authorities }),
    ...((thumbprint ?? jkt) !== undefined && {
      cnf: { ...(thumbprint !== undefined && { 'x5t#S256': thumbprint }), ...(jkt !== undefined && { jkt }) }
    })
  }
}

/** Signs a token. The type `at+jwt` distinguishes it from every other JWT (RFC 9068 §2.1). */
export function signed(
  payload: JWTPayload,
  { kid, algorithm, privateKey }: SigningKey,
  profile: Pick<TokenProfile, 'types'> = { types: ['at+jwt'] }
): Promise<string> {
  const typ = typeIn(profile)
  return new SignJWT(payload)
    .setProtectedHeader({ alg: algorithm, ...(typ !== undefined && { typ }), ...(kid !== undefined && { kid }) })
    .sign(privateKey)
}
