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
  /** The cache that keeps the token sets it. It is 0 until then. */
  readonly serial?: number
  /** What the token is bound to: the thumbprint of a certificate or of a key. Without it the token is not bound. */
  readonly boundTo?: string | undefined
  /** Another instance of the service has requested the token and put it into the store. */
  readonly fromStore?: boolean | undefined
  /** Makes the proofs for requests with a DPoP token. A Bearer token has none. */
  readonly prover?: Prover | undefined
}

/** The symbol of the member in which a DPoP token keeps its prover. It is not enumerable. */
export const proverOf: unique symbol = Symbol('the prover of a token')

/**
 * An access token as the authorization server issued it (RFC 6749 §5.1). It is never parsed (RFC 9068 §6).
 * It is redacted when it is printed, serialised or inspected. Only `value` and `authorization` return it.
 */
export class AccessToken {
  // Both getters use one string, so thousands of kept tokens need their bytes only once.
  #authorization: string
  /** How it is sent: alone (RFC 6750), or with a proof for each request (RFC 9449 §7.1). */
  readonly type: 'Bearer' | 'DPoP'
  /** The granted scope, which can differ from the requested one (RFC 6749 §3.3). */
  readonly scope: readonly string[]
  /** Epoch ms at which the token request was sent. The age of the token is measured from here. */
  readonly obtainedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  /** A number that increases with each token of the client. An invalidation names the serial, so a late one does not affect a newer token. */
  readonly serial: number
  // Only declared, because most tokens are not bound, and there are thousands of them.
  /** The thumbprint of the certificate or key that the token is bound to (RFC 8705 §3, RFC 9449 §6). */
  declare readonly boundTo?: string
  /** Whether another instance of the service has requested it, so that it was found in the store. */
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

  /** @internal Returns the same token with another serial. Both share the bytes of the value. */
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

/** V8 keeps two joined strings as two parts until somebody reads a character. */
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
