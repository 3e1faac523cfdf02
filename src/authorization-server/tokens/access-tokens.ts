import { randomBytes } from 'node:crypto'
import type { TokenProfile } from '../../resource-server/profiles/token-profile.ts'
import { inProfile } from './in-profile.ts'
import type { IssuedTokens } from './issued-tokens.ts'
import type { SigningKeys } from './signing-keys.ts'
import { claims, signed, type TokenContent } from './token-claims.ts'

/** A JWT (RFC 9068), or an opaque token of 256 random bits. */
export type AccessTokenFormat = 'jwt' | 'opaque'

export interface NewToken {
  readonly value: string
  /** Epoch ms. */
  readonly expiresAt: number
}

export interface IssueOptions {
  /** Epoch ms. */
  readonly issuedAt: number
  /** Its lifetime in milliseconds. */
  readonly lifetime: number
  /** Whether to return the last token with the same content again, if there is one. */
  readonly again: boolean
}

export interface AccessTokens {
  issue(content: TokenContent, options: IssueOptions): Promise<NewToken>
}

export interface AccessTokensOptions {
  readonly issuer: string
  readonly format: AccessTokenFormat
  /** The profile of its JWTs; undefined for RFC 9068. */
  readonly profile: TokenProfile | undefined
  readonly keys: SigningKeys
  readonly issued: IssuedTokens
}

const mostForSameToken = 1000

/** Creates tokens and records them as issued. */
export function accessTokens({ issuer, format, profile, keys, issued }: AccessTokensOptions): AccessTokens {
  /** The last token with each content. */
  const last = new Map<string, NewToken>()

  async function make(content: TokenContent, issuedAt: number, expiresAt: number): Promise<NewToken> {
    const payload = claims(issuer, content, { issuedAt, expiresAt })
    const key = format === 'jwt' ? keys.current() : undefined
    const value =
      key === undefined
        ? randomBytes(32).toString('base64url')
        : await signed(inProfile(payload, profile), key, profile)
    const { client, service, scope } = content
    const { clientId } = client
    issued.add(value, { clientId, service, scope, claims: payload, kid: key?.kid, issuedAt, expiresAt })
    return { value, expiresAt }
  }

  return {
    async issue(content, { issuedAt, lifetime, again }) {
      const { client, audience, scope, thumbprint, jkt } = content
      const kind = JSON.stringify([client.clientId, audience, scope, thumbprint, jkt])
      const earlier = last.get(kind)
      if (again && earlier !== undefined) return earlier
      const token = await make(content, issuedAt, issuedAt + lifetime)
      last.delete(kind)
      last.set(kind, token)
      const [oldest] = last.keys()
      if (last.size > mostForSameToken && oldest !== undefined) last.delete(oldest)
      return token
    }
  }
}
