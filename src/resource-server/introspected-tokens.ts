import { ClientClosedError } from '../errors.ts'
import { Ending } from '../waiting/ending.ts'
import { type InactiveTokens, inactiveTokens } from './inactive-tokens.ts'
import { type Introspection, type IntrospectionContext, introspector } from './introspection.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { SizedToken, VerifiedToken } from './verified-token.ts'
import { VerifiedTokens } from './verified-tokens.ts'

/** Asks the issuer about tokens, and keeps its answers for a while. */
export class IntrospectedTokens {
  readonly #ask: (token: string) => Promise<SizedToken>
  readonly #active: VerifiedTokens
  readonly #inactive: InactiveTokens
  readonly #closing = new Ending()

  constructor(introspection: Introspection, issuer: Omit<IntrospectionContext, 'closing'>) {
    const { clock, expected } = issuer
    const { keepFor = 0 } = introspection
    this.#ask = introspector(introspection, { ...issuer, closing: this.#closing })
    this.#active = new VerifiedTokens({ clock, maxAge: expected.maxAge, keepFor })
    this.#inactive = inactiveTokens(clock, keepFor)
  }

  /** Throws or rejects with RefusedToken, or with TokenClientError `ERR_INTROSPECTION_FAILED`. */
  check(token: string): VerifiedToken | Promise<VerifiedToken> {
    return this.#active.get(token, () => this.#unlessInactive(token))
  }

  /** Ends the requests that are under way, and forgets all tokens. */
  close(): void {
    this.#closing.abort(new ClientClosedError())
    this.#active.close()
  }

  async #unlessInactive(token: string): Promise<SizedToken> {
    if (this.#inactive.has(token)) throw new RefusedToken('inactive')
    try {
      return await this.#ask(token)
    } catch (error) {
      if (error instanceof RefusedToken && error.reason === 'inactive') this.#inactive.add(token)
      throw error
    }
  }
}
