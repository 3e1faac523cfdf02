import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import { asymmetricAlgorithms, leastSecretBytes } from '../../proof/signature-algorithms.ts'
import { secretsAt } from '../registry/credentials.ts'
import type { RegisteredClient } from '../registry/model.ts'

export interface AssertionsOptions {
  /** The `aud` that assertions must have, as a single string. */
  readonly audience: string
  /** Whether assertions need the draft's `typ`. Those with the token endpoint as audience, the older form, do not have it. */
  readonly typeNeeded: boolean
  /** Epoch ms. */
  readonly now: () => number
}

const longestLife = 300
const hmac = 'HS256'

/** The algorithms that assertions may be signed with. */
export const assertionAlgorithms: readonly string[] = [hmac, ...asymmetricAlgorithms]

/** Checks client assertions (RFC 7523 §3, and the draft that updates it). */
export class Assertions {
  readonly #options: AssertionsOptions
  /** Until which second each `jti` is remembered. The keys are hashes, because a `jti` can be long. */
  readonly #seen = new Map<string, number>()

  constructor(options: AssertionsOptions) {
    this.#options = options
  }

  /** Whether the assertion is signed by the client or its federated issuer, is for this server, is valid now, and was not used before. */
  async proves(assertion: string, client: RegisteredClient): Promise<boolean> {
    const claims = await this.#byClient(assertion, client)
    if (claims !== undefined) return this.#isOwnAndNew(assertion, claims, client.clientId)
    return this.#byFederation(assertion, client)
  }

  async #byClient(assertion: string, { credentials }: RegisteredClient): Promise<JWTPayload | undefined> {
    if (!isHmac(assertion)) return this.#firstVerified(assertion, credentials.keys)
    for (const secret of secretsAt(credentials, this.#options.now())) {
      const key = Buffer.from(secret.reveal())
      const answer = key.length < leastSecretBytes(hmac) ? undefined : await this.#verified(assertion, key, [hmac])
      if (answer !== undefined) return answer.payload
    }
    return undefined
  }

  /** An assertion of the client itself can be used once, and lives for minutes at most. */
  #isOwnAndNew(assertion: string, claims: JWTPayload, clientId: string): boolean {
    const { audience, typeNeeded, now } = this.#options
    const { iss, sub, aud, exp = Number.POSITIVE_INFINITY, iat = 0, jti } = claims
    const seconds = now() / 1000
    for (const [known, until] of this.#seen) if (until < seconds) this.#seen.delete(known)
    if (iss !== clientId || sub !== clientId || aud !== audience || typeof jti !== 'string') return false
    const id = createHash('sha256').update(jti).digest('base64url')
    if (this.#seen.has(id)) return false
    if (iat > seconds + 5 || exp - iat > longestLife) return false
    if (typeNeeded && decodeProtectedHeader(assertion).typ !== 'client-authentication+jwt') return false
    this.#seen.set(id, exp + 5)
    return true
  }

  async #byFederation(assertion: string, { credentials }: RegisteredClient): Promise<boolean> {
    const { federation } = credentials
    if (federation === undefined) return false
    const claims = await this.#firstVerified(assertion, federation.jwks.keys)
    const audiences = [claims?.aud ?? []].flat()
    return (
      claims?.iss === federation.issuer &&
      claims.sub === federation.subject &&
      audiences.includes(this.#options.audience)
    )
  }

  async #firstVerified(assertion: string, keys: readonly JWK[]): Promise<JWTPayload | undefined> {
    const { alg = '', kid } = decodeProtectedHeader(assertion)
    for (const jwk of keys) {
      if (kid !== undefined && jwk.kid !== undefined && jwk.kid !== kid) continue
      const key = await importJWK({ ...jwk }, alg).catch(() => undefined)
      const answer = key && (await this.#verified(assertion, key, asymmetricAlgorithms))
      if (answer !== undefined) return answer.payload
    }
    return undefined
  }

  async #verified(assertion: string, key: Parameters<typeof jwtVerify>[1], algorithms: readonly string[]) {
    const currentDate = new Date(this.#options.now())
    const checks = { algorithms: [...algorithms], currentDate, clockTolerance: 5 }
    return await jwtVerify(assertion, key as Uint8Array, checks).catch(() => undefined)
  }
}

export function isHmac(assertion: string): boolean {
  return decodeProtectedHeader(assertion).alg?.startsWith('HS') ?? false
}

/** The subject of an assertion; undefined if it is not a JWT. */
export function subjectOf(assertion: string): string | undefined {
  try {
    decodeProtectedHeader(assertion)
    return decodeJwt(assertion).sub
  } catch {
    return undefined
  }
}
