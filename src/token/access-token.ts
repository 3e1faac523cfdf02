import type { InspectOptions } from 'node:util'
import { inspected } from './inspected.ts'

export interface AccessTokenFields {
  readonly value: string
  /** The scope that was granted. */
  readonly scope: readonly string[]
  /** Epoch ms at which the token request was sent. */
  readonly obtainedAt: number
  /** Epoch ms at which the token ends. */
  readonly expiresAt: number
  readonly serial: number
}

const scheme = 'Bearer '

/**
 * An access token as the authorization server gave it (RFC 6749 §5.1). It is never parsed (RFC 9068 §6).
 * Printed, serialised or inspected it is redacted; `value` and `authorization` are the only ways out.
 */
export class AccessToken {
  // One string serves both getters: thousands of kept tokens cost their bytes once.
  readonly #authorization: string
  readonly type = 'Bearer'
  /** The granted scope, which can differ from the one asked for (RFC 6749 §3.3). */
  readonly scope: readonly string[]
  /** Epoch ms at which the token request was sent: life counts from here. */
  readonly obtainedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  /** Rises through the whole client. An invalidation names the serial, so a late one harms no newer token. */
  readonly serial: number

  constructor({ value, scope, obtainedAt, expiresAt, serial }: AccessTokenFields) {
    this.#authorization = flat(scheme + value)
    this.scope = Object.isFrozen(scope) ? scope : Object.freeze([...scope]) // mostly the request's own list
    this.obtainedAt = obtainedAt
    this.expiresAt = expiresAt
    this.serial = serial
    Object.freeze(this)
  }

  /** The token itself. */
  get value(): string {
    return this.#authorization.slice(scheme.length)
  }

  /** The whole value of an `Authorization` header (RFC 6750 §2.1). */
  get authorization(): string {
    return this.#authorization
  }

  toString(): string {
    return `AccessToken { serial: ${this.serial}, value: [redacted] }`
  }

  toJSON(): object {
    const { type, scope, obtainedAt, expiresAt, serial } = this
    return { type, scope, obtainedAt, expiresAt, serial, value: '[redacted]' }
  }

  [inspected](
    _depth: number,
    options: InspectOptions,
    inspect: (value: object, options: InspectOptions) => string
  ): string {
    return `AccessToken ${inspect(this.toJSON(), options)}`
  }
}

/** V8 keeps two joined strings as such, until one looks into them. */
function flat(text: string): string {
  anything.test(text)
  return text
}

const anything = /^/

// `console.dir` passes the inspector by, and with `showHidden` it calls the getters of every class but the platform's own. It knows
// those by their constructor.
Object.defineProperty(AccessToken.prototype, 'constructor', { value: Object })
