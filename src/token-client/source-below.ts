import type { Warn } from '../client-authentication/client-authentication.ts'
import type { Clock } from '../clock.ts'
import type { Emit } from '../events.ts'
import type { CheckedOptions } from '../options/client-options.ts'
import { lateSharedSource } from '../stores/late-source.ts'
import type { SharedSource } from '../stores/shared-source.ts'
import type { TokenSource } from '../token/token-source.ts'

interface Below {
  /** Undefined for a reader of a store. */
  readonly endpoint: TokenSource | undefined
  /** It has one timer for everything that no caller waits for, such as reading the epoch. */
  readonly clock: Clock
  readonly emit: Emit
  readonly risen: (spread: number) => void
}

/** The source below the cache: the token endpoint, or the store in front of it. */
export function sourceBelow(
  checked: CheckedOptions,
  { endpoint, clock, emit, risen }: Below
): TokenSource & Partial<SharedSource> {
  const { sharing, server, clientId, headers, timeout } = checked
  const alone = endpoint as TokenSource
  if (sharing === undefined) return alone
  const bound = checked.dpop !== undefined ? 'key' : checked.clientAuthentication?.mutualTls && 'certificate'
  if (bound !== undefined) {
    const message = `The store is not used: these tokens are bound to the ${bound} of this instance.`
    emit('warning', { code: 'token_not_shared', message })
    return alone
  }
  const { store, shards, secrets } = sharing
  const warn: Warn = (code, message) => emit('warning', { code, message })
  return lateSharedSource({
    store,
    shards,
    clock,
    timeout,
    emit,
    risen,
    source: endpoint,
    secrets: (deadline) => secrets(warn, deadline),
    identity: async (deadline) => [server.issuer, server.tokenEndpoint, clientId, await headers?.read(warn, deadline)]
  })
}
