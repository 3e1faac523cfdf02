import type { Log } from './log.ts'
import type { Service } from './service-process.ts'
import type { AuthorizationServer } from './simulated-authorization-server.ts'
import type { Chance } from './simulated-chance.ts'
import type { FaultKind } from './simulated-fault-kinds.ts'
import type { ResourceServer } from './simulated-resource-server.ts'
import type { Settings } from './simulated-settings.ts'
import type { Timeline } from './timeline.ts'
import type { Invariant } from './verdict.ts'

/** One run: its time, its chance, its servers, its services, and what was found. */
export interface World {
  readonly settings: Settings
  readonly line: Timeline
  readonly chance: Chance
  readonly log: Log
  readonly authorizationServer: AuthorizationServer
  /** By origin; they answer for the foreign origins too. */
  readonly resourceServers: ReadonlyMap<string, ResourceServer>
  readonly services: Service[]
  readonly statistics: Statistics
  violate(invariant: Invariant, who: string, what: string): void
  fire(kind: FaultKind): void
}

/** What a run did, to be added up over many. */
export interface Statistics {
  readonly fired: Map<FaultKind, number>
  tokenRequests: number
  calls: number
  events: number
  /** Waits after failures without a token, as shares of the law's ceiling. */
  waits: number
  sumOfWaits: number
  /** Calls of an origin that takes the token in hand, while another origin has refused it. */
  spared: number
}
