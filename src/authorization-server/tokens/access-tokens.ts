import { randomBytes } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { claims, signed, type TokenContent, type Validity } from './claims.ts'
import type { SigningKeys } from './signing-keys.ts'

/** A JWT by RFC 9068, or 256 random bits that say nothing. */
export type AccessTokenFormat = 'jwt' | 'opaque'

export interface IssuedToken extends Validity {
  readonly value: string
  readonly clientId: string
  readonly claims: JWTPayload
}

export interface IssueOptions {
  /** Epoch ms. */
  readonly issuedAt: number
  /** Milliseconds that it lives. */
  readonly lifetime: number
  /** The last one with the same content again, if there is one. */
  readonly again: boolean
}

export interface AccessTokens {
  issue(content: TokenContent, options: IssueOptions): Promise<IssuedToken>
  /** The token, unless it was revoked or ten thousand others came after it. */
  find(value: string): IssuedToken | undefined
  revoke(value: string): void
}

export interface AccessTokensOptions {
  readonly issuer: string
  readonly format: AccessTokenFormat
  readonly keys: SigningKeys
}

const mostRemembered = 10_000

/** Makes tokens, and remembers them. */
export function accessTokens({ issuer, format, keys }: AccessTokensOptions): AccessTokens {
  const issued = new Map<string, IssuedToken>()
  const last = new Map<string, IssuedToken>()

  async function make(content: TokenContent, validity: Validity): Promise<IssuedToken> {
    const payload = claims(issuer, content, validity)
    const value = format === 'jwt' ? await signed(payload, keys.current()) : randomBytes(32).toString('base64url')
    return { value, clientId: content.client.clientId, claims: payload, ...validity }
  }

  function remember(token: IssuedToken): void {
    issued.set(token.value, token)
    const [oldest] = issued.keys()
    if (issued.size > mostRemembered && oldest !== undefined) issued.delete(oldest)
  }

  return {
    async issue(content, { issuedAt, lifetime, again }) {
      const { client, audience, scope, thumbprint } = content
      const kind = JSON.stringify([client.clientId, audience, scope, thumbprint])
      const earlier = last.get(kind)
      if (again && earlier !== undefined) return earlier
      const token = await make(content, { issuedAt, expiresAt: issuedAt + lifetime })
      last.set(kind, token)
      remember(token)
      return token
    },
    find: (value) => issued.get(value),
    revoke: (value) => void issued.delete(value)
  }
}
