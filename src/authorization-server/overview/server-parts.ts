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

/** The running server as those see it who watch and control it. */
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
  /** How its JWTs look; as RFC 9068 has it, if undefined. */
  readonly profile: TokenProfile | undefined
  /** The secret of HS256, HS384 and HS512. */
  readonly signingSecret: string | undefined
  /** Milliseconds that tokens live, unless their client says otherwise. */
  readonly lifetime: number
  /** The clock of the server without its faults. */
  readonly clock: Clock
  /** Epoch ms, as the server believes it. */
  readonly now: () => number
  /** Milliseconds by which that is wrong: a fault. */
  readonly clockOffset: () => number
}
