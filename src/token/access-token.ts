import type { InspectOptions } from 'node:util'
import type { TokenOrigin } from '../events.ts'
import { inspected } from './inspected.ts'
import type { Prover } from './prover.ts'

export interface AccessTokenFields {
  readonly value: string
  /** The scope that was granted. */
  readonly scope: readonly string[]
  /** Epoch ms at which the token request was sent. */
  readonly obtainedAt: number
  /** Epoch ms at which the token ends. */
  readonly expiresAt: number
  /** Given by the cache that keeps it: 0 until then. */
  readonly serial?: number
  /** What a thief would need besides the token: the thumbprint of a certificate or of a key. Unbound unless given. */
  readonly boundTo?: string | undefined
  /** Another instance of the service has asked for it and put it into the store. */
  readonly fromStore?: boolean | undefined
  /** Makes the proofs that a DPoP token is shown with; a Bearer token has none. */
  readonly prover?: Prover | undefined
}

/** The member of a DPoP token that holds its prover. It is not enumerable. */
export const proverOf: unique symbol = Symbol('the prover of a token')

/**
 * An access token as the authorization server gave it (RFC 6749 §5.1). It is never parsed (RFC 9068 §6).
 * Printed, serialised or inspected it is redacted; `value` and `authorization` are the only ways out.
 */
export class AccessToken {
  // One string serves both getters: thousands of kept tokens cost their bytes once.
  #authorization: string
  /** How it is shown: alone (RFC 6750), or with a proof for each request (RFC 9449 §7.1). */
  readonly type: 'Bearer' | 'DPoP'
  /** The granted scope, which can differ from the one asked for (RFC 6749 §3.3). */
  readonly scope: readonly string[]
  /** Epoch ms at which the token request was sent: life counts from here. */
  readonly obtainedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  /** Rises through the whole client. An invalidation names the serial, so a late one harms no newer token. */
  readonly serial: number
  // Declared only: most tokens are bound to nothing, and there are thousands of them.
  /** The thumbprint of the certificate or key that the token is bound to (RFC 8705 §3, RFC 9449 §6). */
  declare readonly boundTo?: string
  /** Whether another instance of the service has asked for it: it was found in the store. */
  declare readonly fromStore?: boolean
  /** @internal */
  declare readonly [proverOf]?: Prover

  constructor({ value, scope, obtainedAt, expiresAt, serial = 0, boundTo, fromStore, prover }: AccessTokenFields) {
    this.type = prover === undefined ? 'Bearer' : 'DPoP'
    this.#authorization = flat(`${this.type} ${value}`)
    this.scope = Object.isFrozen(scope) ? scope : Object.freeze([...scope]) // mostly the request's own list
    this.obtainedAt = obtainedAt
    this.expiresAt = expiresAt
    this.serial = serial
    if (boundTo !== undefined) this.boundTo = boundTo
    if (fromStore === true) this.fromStore = true
    if (prover !== undefined) Object.defineProperty(this, proverOf, { value: prover })
    Object.freeze(this)
  }

  /** @internal The same token with another serial. The two share the bytes of the value. */
  static numbered(token: AccessToken, serial: number): AccessToken {
    if (token.serial === serial) return token
    const { scope, obtainedAt, expiresAt, boundTo, fromStore, [proverOf]: prover } = token
    const numbered = new AccessToken({ value: '', scope, obtainedAt, expiresAt, serial, boundTo, fromStore, prover })
    numbered.#authorization = token.#authorization
    return numbered
  }

  /** The token itself. */
  get value(): string {
    return this.#authorization.slice(this.type.length + 1)
  }

  /** The whole value of an `Authorization` header (RFC 6750 §2.1, RFC 9449 §7.1). */
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

export function originOf({ fromStore }: AccessToken): TokenOrigin {
  return fromStore === true ? 'store' : 'endpoint'
}
