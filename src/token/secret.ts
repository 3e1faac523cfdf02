import { inspected } from './inspected.ts'

/** A string that does not print. `reveal()` is the only way out, so a search for it is the audit. */
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
