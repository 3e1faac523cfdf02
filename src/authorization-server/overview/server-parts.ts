import type { Clock } from '../../clock.ts'
import type { TokenProfile } from '../../resource-server/profiles/token-profile.ts'
import type { FaultSwitches } from '../faults/faults.ts'
import type { WritableRequestLog } from '../http/request-log.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import type { AccessTokenFormat } from '../tokens/access-tokens.ts'
import type { IssuedTokens } from '../tokens/issued-tokens.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { Usage } from './edge-usage.ts'
import type { Journal } from './journal.ts'

/** The parts of the running server that the overview, the admin API and the page use. */
export interface ServerParts {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly registry: ServerRegistry
  readonly issued: IssuedTokens
  readonly usage: Usage
  readonly keys: SigningKeys
  readonly faults: FaultSwitches
  readonly requests: WritableRequestLog
  readonly journal: Journal
  readonly format: AccessTokenFormat
  /** The profile of its JWTs; undefined for RFC 9068. */
  readonly profile: TokenProfile | undefined
  /** The secret for HS256, HS384 and HS512. */
  readonly signingSecret: string | undefined
  /** The lifetime of tokens in milliseconds, for clients without a lifetime of their own. */
  readonly lifetime: number
  /** The clock of the server without its fault. */
  readonly clock: Clock
  /** Epoch ms, by the clock of the server with its fault. */
  readonly now: () => number
  /** How many milliseconds that clock is wrong, because of the fault `clockOffset`. */
  readonly clockOffset: () => number
}
