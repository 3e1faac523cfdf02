import type { Dispatcher } from 'undici'
import type { AccessToken, TokenClient } from '../../src/index.ts'
import type { Host, HostClock, HostProcess } from './host.ts'
import type { Held, Ledger, Setback } from './ledger.ts'
import type { Log } from './log.ts'
import type { ServerView } from './server-view.ts'
import type { SharedView } from './shared-view.ts'
import type { AuthorizationServer } from './simulated-authorization-server.ts'
import type { Chance } from './simulated-chance.ts'
import type { FaultKind } from './simulated-fault-kinds.ts'
import type { Proofs } from './simulated-nonces.ts'
import type { ResourceServer } from './simulated-resource-server.ts'
import type { Settings } from './simulated-settings.ts'
import type { SimulatedStore } from './store-engine.ts'
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
  /** It is used by runs whose services share their tokens. */
  readonly store: SimulatedStore
  readonly shared: SharedView
  /** Undefined when all of its clients take Bearer tokens. */
  readonly proofs: Proofs | undefined
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
  /** Waits of clients with several kinds of tokens, and those of them of which half and twice as much would have been reported. */
  waitsBesideOthers: number
  tellingWaits: number
  /** Calls of an origin that takes the token in hand, while another origin has refused it. */
  spared: number
}

export type Supply = 'given' | 'slow' | 'blank' | 'throws' | 'never'

/** Where processes of a service run one after the other. */
export interface Machine {
  readonly host: Host
  /** The credential that was brought here last. */
  secret: string
  supply: Supply
  /** Cut off from both servers. */
  partitioned: boolean
  /** Callers lose their patience. */
  aborting: boolean
  /** A credential came late here: what the library measures from the start of an attempt is that much off the wire. */
  slack: number
  /** Monotonic ms at which a credential was last asked for that did not come at once. */
  suppliedLateAt: number
  /** True time since which nothing has been wrong, and since which nothing hangs that began before; infinite while something is. */
  calmSince: number
  wellSince: number
  /** Its clients use DPoP. */
  readonly proves: boolean
  readonly supplySecret: () => string | Promise<string>
  service: Service
}

/** One process with one token client, from its start to its end. */
export interface Service {
  readonly name: string
  readonly machine: Machine
  readonly host: HostProcess
  readonly clock: HostClock
  readonly client: TokenClient
  /** undici's dispatch with the client's interceptor. */
  readonly request: Dispatcher.Dispatch
  readonly ledgers: Map<string, Ledger>
  /** By value: what came last with it. */
  readonly tokens: Map<string, Held>
  /** By scope: the value of the token that it read last from the store. */
  readonly found: Map<string, string>
  readonly serials: Map<string, number>
  /** Serials that were refused, and by whom: origins, or the user for everybody. */
  readonly refused: Map<number, Set<string>>
  /** A refusal that concerns the client, whatever it asks for. */
  refusal: Setback | undefined
  /** Monotonic ms of its last token. */
  grantedAt: number
  readonly server: ServerView
  /** Metadata requests on the wire, and the true times at which they began. */
  readonly lookups: Set<{ readonly beganAt: number }>
  /** The last search for metadata, from place to place. True times. */
  readonly search: { beganAt: number; endedAt: number }
  lastToken: AccessToken | undefined
  readonly waiting: Set<Call>
  /** Monotonic ms until which a new token may be awaited for nobody, after refused requests that cannot be sent again. */
  readonly lingering: number[]
  closed: boolean
  /** It was killed: nothing of it runs any more. */
  isDead: boolean
  /** Lives as long as the process: calls that are given it must not pile up on it. */
  readonly shutdown: AbortController
}

/** Something a user of the library asked for, and that has to end. */
export interface Call {
  readonly service: Service
  readonly what: string
  readonly scope: string
  /** Monotonic ms. */
  readonly deadline: number
  /** Milliseconds that it may take. */
  readonly limit: number
  aborted: boolean
  /** On the wire to the resource server: its end is not the client's. */
  onWire: () => boolean
}
