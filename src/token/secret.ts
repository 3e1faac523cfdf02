import { inspected } from './inspected.ts'

/** A string that does not print. Only `reveal()` returns it, so a search for this name finds every use. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspected](): string {
    return 'Secret [redacted]'
  }
}
