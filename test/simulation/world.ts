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

/** Everything that belongs to one run. */
export interface World {
  readonly settings: Settings
  readonly line: Timeline
  readonly chance: Chance
  readonly log: Log
  readonly authorizationServer: AuthorizationServer
  /** The key is the origin. These servers answer for the foreign origins too. */
  readonly resourceServers: ReadonlyMap<string, ResourceServer>
  readonly services: Service[]
  /** Only runs whose services share their tokens use it. */
  readonly store: SimulatedStore
  readonly shared: SharedView
  /** Undefined if all clients of the run use Bearer tokens. */
  readonly proofs: Proofs | undefined
  readonly statistics: Statistics
  violate(invariant: Invariant, who: string, what: string): void
  fire(kind: FaultKind): void
}

/** What happened in a run. The sums over many runs are reported. */
export interface Statistics {
  readonly fired: Map<FaultKind, number>
  tokenRequests: number
  calls: number
  events: number
  /** Waits without a token after failures. */
  waits: number
  /** The sum of these waits, each as a share of its ceiling in the law. */
  sumOfWaits: number
  /** Waits of clients with several kinds of tokens. */
  waitsBesideOthers: number
  /** Those of them that would be reported if they were half or twice as long. */
  tellingWaits: number
  /** Calls to an origin that accepts the token in hand while another origin has refused it. */
  spared: number
}

export type Supply = 'given' | 'slow' | 'blank' | 'throws' | 'never'

/** The processes of a service run on it one after the other. */
export interface Machine {
  readonly host: Host
  /** The newest credential that has reached this machine. */
  secret: string
  supply: Supply
  /** It reaches no server. */
  partitioned: boolean
  /** Most callers leave early. */
  aborting: boolean
  /** A credential that came late made requests leave so much later than their attempts began. Milliseconds. */
  slack: number
  /** Monotonic ms at which the library last asked for a credential that did not come at once. */
  suppliedLateAt: number
  /** True time since which nothing has been wrong; infinite while something is wrong. */
  calmSince: number
  /** The same, and no request that began before hangs any more. */
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
  /** The key is the value of the token. Its last answer is kept. */
  readonly tokens: Map<string, Held>
  /** The key is the scope. The value is the token that was read last from the store. */
  readonly found: Map<string, string>
  /** The key is the value of the token. */
  readonly serials: Map<string, number>
  /** The key is a serial that was refused. The values say which origins refused it first, or `everybody` if the user did, and when, in monotonic ms. */
  readonly refused: Map<number, Map<string, number>>
  /** The last refusal that concerns the client whatever it asks for. */
  refusal: Setback | undefined
  /** Monotonic ms at which the last token came. */
  grantedAt: number
  readonly server: ServerView
  /** The metadata requests under way, with the true times at which they began. */
  readonly lookups: Set<{ readonly beganAt: number }>
  /** The last search for metadata at all its places. True times. */
  readonly search: { beganAt: number; endedAt: number }
  lastToken: AccessToken | undefined
  readonly waiting: Set<Call>
  /** Monotonic ms until which the client may still wait for a new token after a refused request, even if it cannot be sent again. */
  readonly lingering: number[]
  closed: boolean
  /** It was killed, so nothing of it runs any more. */
  isDead: boolean
  /** Its signal lives as long as the process, so calls must not leave listeners on it. */
  readonly shutdown: AbortController
}

/** A call of a user of the library. It has to end. */
export interface Call {
  readonly service: Service
  readonly what: string
  readonly scope: string
  /** Monotonic ms. */
  readonly deadline: number
  /** The call may take so many milliseconds. */
  readonly limit: number
  aborted: boolean
  /** Whether the request is under way to the resource server, which then decides when it ends. */
  onWire: () => boolean
}
