import { ClientClosedError } from '../errors.ts'
import type { Sender } from '../http/send.ts'
import { limits } from '../limits.ts'
import { discoveredIssuer } from '../metadata/discovery.ts'
import { Ending } from '../waiting/ending.ts'
import { isCompactJws } from './compact-jws.ts'
import { inactiveTokens } from './inactive-tokens.ts'
import { introspector } from './introspection.ts'
import { publishedKey } from './keys/node-key.ts'
import type { SavedKeys } from './keys/saved-keys.ts'
import { signedTokenCheck, type Verified } from './signed-token.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import { VerifiedTokens } from './verified-tokens.ts'
import type { CheckedOptions } from './verifier-options.ts'

/** Looks up tokens that were verified before and checks the others. */
export interface TokenCheck {
  /** Returns a signed token that was verified before, without waiting. Any text can be passed. */
  known(text: string | undefined): VerifiedToken | undefined
  /** Throws or rejects with RefusedToken or TokenClientError. */
  check(token: string): VerifiedToken | Promise<VerifiedToken>
  exportKeys(): SavedKeys | undefined
  close(): void
}

/** Verifies signed tokens by their keys and, if introspection is configured, asks the issuer about opaque ones. Both results are kept. */
export function tokenCheck(how: CheckedOptions, sender: Sender): TokenCheck {
  const { trust, insecureHttpAllowed, clock, introspection, staleFor, savedKeys } = how
  const [issuer] = trust.expected.issuers
  const server = discoveredIssuer({
    issuer: issuer ?? '',
    sender,
    clock,
    timeout: limits.issuerWait,
    insecureHttpAllowed
  })
  const { keyUses = [] } = trust.expected.profile
  const { maxAge } = trust.expected
  const now = () => clock.wallTime()
  const context = {
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
  const keys = trust.keySource.open(context)
  const verify = signedTokenCheck({ ...trust, keys, now })
  const signed = new VerifiedTokens({
    clock,
    maxAge,
    stillHolds: ({ key }) => key !== undefined && keys.isCurrent(key)
  })
  const introspected = new VerifiedTokens({ clock, maxAge, ...introspection })
  const closing = new Ending()
  const ask = introspection && introspector(introspection, { ...context, closing })
  const inactive = inactiveTokens(clock, introspection?.keepFor ?? 0)

  function checkSigned(token: string): VerifiedToken | Promise<VerifiedToken> {
    const waiting = keys.upkeep?.()
    const known = () => signed.get(token, () => verify(token))
    return waiting === undefined ? known() : waiting.then(known)
  }

  async function asked(token: string, ask: (token: string) => Promise<Verified>): Promise<Verified> {
    if (inactive.has(token)) throw new RefusedToken('inactive')
    try {
      return await ask(token)
    } catch (error) {
      if (error instanceof RefusedToken && error.reason === 'inactive') inactive.add(token)
      throw error
    }
  }

  return {
    known(text) {
      if (text === undefined || text.length > limits.tokenBytes) return undefined
      return introspection?.always !== true && keys.upkeep?.() === undefined ? signed.find(text) : undefined
    },
    check(token) {
      if (token.length > limits.tokenBytes) throw new RefusedToken('too_large')
      if (ask === undefined || (!introspection?.always && isCompactJws(token))) return checkSigned(token)
      return introspected.get(token, () => asked(token, ask))
    },
    exportKeys: () => keys.export?.(),
    close() {
      closing.abort(new ClientClosedError())
      signed.close()
      introspected.close()
    }
  }
}
