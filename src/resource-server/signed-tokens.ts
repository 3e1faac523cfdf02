import type { Clock } from '../clock.ts'
import type { SavedKeys } from './keys/saved-keys.ts'
import type { VerificationKeys } from './keys/verification-keys.ts'
import { SignedTokenCheck } from './signed-token.ts'
import type { Trust } from './trust.ts'
import type { VerifiedToken } from './verified-token.ts'
import { VerifiedTokens } from './verified-tokens.ts'

/** Verifies signed tokens with the keys of the issuer. A result is kept as long as its key is in use. */
export class SignedTokens {
  readonly #keys: VerificationKeys
  readonly #check: SignedTokenCheck
  readonly #verified: VerifiedTokens

  constructor(keys: VerificationKeys, { algorithms, expected }: Trust, clock: Clock) {
    this.#keys = keys
    this.#check = new SignedTokenCheck({ keys, algorithms, expected, now: () => clock.wallTime() })
    this.#verified = new VerifiedTokens({
      clock,
      maxAge: expected.maxAge,
      stillHolds: ({ key }) => key !== undefined && keys.isCurrent(key)
    })
  }

  /** Returns the stored result, if there is one and if it can be used without waiting for newer keys. */
  find(token: string): VerifiedToken | undefined {
    return this.#keys.upkeep?.() === undefined ? this.#verified.find(token) : undefined
  }

  /** Throws or rejects with RefusedToken, or with TokenClientError `ERR_KEYS_UNAVAILABLE`. */
  check(token: string): VerifiedToken | Promise<VerifiedToken> {
    const newerKeys = this.#keys.upkeep?.()
    return newerKeys === undefined ? this.#get(token) : newerKeys.then(() => this.#get(token))
  }

  exportKeys(): SavedKeys | undefined {
    return this.#keys.export?.()
  }

  /** Forgets all tokens. */
  close(): void {
    this.#verified.close()
  }

  #get(token: string): VerifiedToken | Promise<VerifiedToken> {
    return this.#verified.get(token, () => this.#check.verify(token))
  }
}
