import { randomBytes } from 'node:crypto'
import { claims, type Grant, signed, type Validity } from './claims.ts'
import type { SigningKey } from './signing-keys.ts'

/** A JWT by RFC 9068, or 256 random bits that say nothing. */
export type AccessTokenFormat = 'jwt' | 'opaque'

export interface IssuedToken extends Validity {
  readonly value: string
}

export interface IssueOptions {
  /** Epoch ms. */
  readonly issuedAt: number
  /** Milliseconds that it lives. */
  readonly lifetime: number
  /** The last one for the same grant again, if there is one. */
  readonly again: boolean
}

export interface AccessTokens {
  issue(grant: Grant, options: IssueOptions): Promise<IssuedToken>
}

export interface AccessTokensOptions {
  readonly issuer: string
  readonly format: AccessTokenFormat
  readonly key: SigningKey
}

/** Makes tokens, and remembers the last one of each grant. */
export function accessTokens({ issuer, format, key }: AccessTokensOptions): AccessTokens {
  const last = new Map<string, IssuedToken>()

  async function make(grant: Grant, validity: Validity): Promise<string> {
    return format === 'jwt' ? signed(claims(issuer, grant, validity), key) : randomBytes(32).toString('base64url')
  }

  return {
    async issue(grant, { issuedAt, lifetime, again }) {
      const kind = JSON.stringify([grant.client.clientId, grant.scope, grant.audience])
      const earlier = last.get(kind)
      if (again && earlier !== undefined) return earlier
      const validity = { issuedAt, expiresAt: issuedAt + lifetime }
      const token = { value: await make(grant, validity), ...validity }
      last.set(kind, token)
      return token
    }
  }
}
