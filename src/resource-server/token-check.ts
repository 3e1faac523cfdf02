import type { Sender } from '../http/send.ts'
import { limits } from '../limits.ts'
import { discoveredIssuer } from '../metadata/discovery.ts'
import { isCompactJws } from './compact-jws.ts'
import { IntrospectedTokens } from './introspected-tokens.ts'
import { publishedKey } from './keys/node-key.ts'
import type { SavedKeys } from './keys/saved-keys.ts'
import { SignedTokens } from './signed-tokens.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { CheckedOptions } from './verifier-options.ts'

/**
 * Looks up tokens that were verified before and checks the others: signed tokens with the keys of the issuer and, if introspection is configured,
 * opaque ones by asking the issuer.
 */
export class TokenCheck {
  readonly #signed: SignedTokens
  /** Undefined without introspection. Opaque tokens are then refused as malformed. */
  readonly #introspected: IntrospectedTokens | undefined
  /** Whether the issuer is asked about signed tokens too. */
  readonly #alwaysAsks: boolean

  constructor(options: CheckedOptions, sender: Sender) {
    const { trust, clock, introspection } = options
    const issuer = issuerContext(options, sender)
    this.#signed = new SignedTokens(trust.keySource.open(issuer), trust, clock)
    this.#introspected = introspection && new IntrospectedTokens(introspection, issuer)
    this.#alwaysAsks = introspection?.always === true
  }

  /** Returns a signed token that was verified before, without waiting. Any text can be passed. */
  known(text: string | undefined): VerifiedToken | undefined {
    if (text === undefined || text.length > limits.tokenBytes || this.#alwaysAsks) return undefined
    return this.#signed.find(text)
  }

  /** Throws or rejects with RefusedToken or TokenClientError. */
  check(token: string): VerifiedToken | Promise<VerifiedToken> {
    if (token.length > limits.tokenBytes) throw new RefusedToken('too_large')
    if (this.#introspected === undefined || (!this.#alwaysAsks && isCompactJws(token))) return this.#signed.check(token)
    return this.#introspected.check(token)
  }

  exportKeys(): SavedKeys | undefined {
    return this.#signed.exportKeys()
  }

  close(): void {
    this.#introspected?.close()
    this.#signed.close()
  }
}

/** What keys and introspection need to know about the issuer. */
function issuerContext(options: CheckedOptions, sender: Sender) {
  const { trust, insecureHttpAllowed, clock, staleFor, savedKeys } = options
  const [issuer] = trust.expected.issuers
  const { keyUses = [] } = trust.expected.profile
  const server = discoveredIssuer({
    issuer: issuer ?? '',
    sender,
    clock,
    timeout: limits.issuerWait,
    insecureHttpAllowed
  })
  return {
    ...trust,
    read: publishedKey,
    issuer,
    keyUses,
    server,
    sender,
    clock,
    insecureHttpAllowed,
    staleFor,
    savedKeys
  }
}
