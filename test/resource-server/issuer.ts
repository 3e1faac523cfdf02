import { KeyObject, sign } from 'node:crypto'
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import {
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  accessTokenVerifier,
  jwks
} from '../../src/resource-server/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'

export const issuer = 'https://auth.internal'
export const audience = 'https://users.internal'

export interface TestIssuer {
  readonly clock: ManualClock
  readonly keys: JSONWebKeySet
  readonly publicKey: KeyObject
  readonly header: { readonly alg: string; readonly typ: string; readonly kid: string }
  /** Claims of a token that is good for an hour. */
  readonly claims: Record<string, unknown>
  /** A valid token with some claims and header members changed; `undefined` removes one. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  /** These bytes with a valid signature. */
  signed(header: string, payload: string | Uint8Array): string
  verifier(options?: Partial<AccessTokenVerifierOptions>): AccessTokenVerifier
}

/** An issuer without a server. It signs tokens, and the verifier gets its keys directly. */
export async function testIssuer(alg: 'RS256' | 'ES256' | 'EdDSA' = 'ES256'): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg, use: 'sig' }] }
  const signer = { key: KeyObject.from(privateKey), dsaEncoding: 'ieee-p1363' } as const
  const clock = manualClock()
  const seconds = clock.wallTime() / 1000
  const header = { alg, typ: 'at+jwt', kid: 'one' }
  const claims = {
    iss: issuer,
    sub: 'orders',
    client_id: 'orders',
    aud: audience,
    iat: seconds,
    exp: seconds + 3600,
    jti: 'a1',
    scope: 'read_user list_user',
    roles: ['reader']
  }
  return {
    clock,
    keys,
    publicKey: KeyObject.from(publicKey),
    header,
    claims,
    token: (changes, headerChanges) =>
      new SignJWT({ ...claims, ...changes })
        .setProtectedHeader(JSON.parse(JSON.stringify({ ...header, ...headerChanges })))
        .sign(privateKey),
    signed(protectedHeader, payload) {
      const input = `${Buffer.from(protectedHeader).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
      const digest = alg === 'EdDSA' ? null : 'sha256'
      return `${input}.${sign(digest, Buffer.from(input), signer).toString('base64url')}`
    },
    verifier: (options) => accessTokenVerifier({ issuer, audience, keys: jwks(keys), clock, ...options })
  }
}
