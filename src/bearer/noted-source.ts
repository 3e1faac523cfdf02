import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import type { UsageBook } from './usage-book.ts'

/** The same source, which also records what it grants. */
export class NotedSource implements TokenSource {
  readonly #source: TokenSource
  readonly #book: UsageBook

  constructor(source: TokenSource, book: UsageBook) {
    this.#source = source
    this.#book = book
  }

  token(request: TokenRequest, asking?: Asking): AccessToken | Promise<AccessToken> {
    const token = this.#source.token(request, asking)
    this.#book.noteGrant(request, token)
    return token
  }

  changed(): Promise<boolean> | undefined {
    return this.#source.changed?.()
  }

  rests(request: TokenRequest, ms: number): void {
    this.#source.rests?.(request, ms)
  }

  withdraw(request: TokenRequest, token: AccessToken): void {
    this.#source.withdraw?.(request, token)
  }
}
