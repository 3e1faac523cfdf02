import type { Dispatcher } from 'undici'
import type { TokenClientEvents } from '../../src/events.ts'
import { type AccessToken, createTokenClient, type TokenClient } from '../../src/index.ts'
import type { Call } from './calls.ts'
import type { Host, HostClock } from './host.ts'
import { type Held, type Ledger, newLedger, type Setback } from './ledger.ts'
import type { Machine } from './machine.ts'
import { metadataDispatch } from './metadata-requests.ts'
import { resourceDispatch } from './resource-requests.ts'
import { resourceOrigins } from './simulated-resource-server.ts'
import { tokenDispatch } from './token-requests.ts'
import { marker } from './verdict.ts'
import { refreshed, refreshFailed } from './watch-flights.ts'
import { newServerView, type ServerView } from './watch-server.ts'
import type { World } from './world.ts'

/** One process with one token client, from its start to its end. */
export interface Service {
  readonly name: string
  readonly machine: Machine
  readonly host: Host
  readonly clock: HostClock
  readonly client: TokenClient
  /** undici's dispatch with the client's interceptor. */
  readonly request: Dispatcher.Dispatch
  readonly ledgers: Map<string, Ledger>
  /** By value: what came last with it. */
  readonly tokens: Map<string, Held>
  readonly serials: Map<string, number>
  /** Serials that were refused, and by whom: origins, or the user for everybody. */
  readonly refused: Map<number, Set<string>>
  /** A refusal that concerns the client, whatever it asks for. */
  refusal: Setback | undefined
  readonly server: ServerView
  /** Metadata requests on the wire, and the true times at which they began. */
  readonly lookups: Set<{ readonly beganAt: number }>
  /** The last search for metadata, from place to place. True times. */
  readonly search: { beganAt: number; endedAt: number }
  exchanges: number
  lastToken: AccessToken | undefined
  readonly waiting: Set<Call>
  /** Monotonic ms until which a new token may be awaited for nobody, after refused requests that cannot be sent again. */
  readonly lingering: number[]
  closed: boolean
  /** Lives as long as the process: calls that are given it must not pile up on it. */
  readonly shutdown: AbortController
}

export const defaultScope = 'read'
export const issuer = 'https://auth.internal'
export const tokenEndpoint = `${issuer}/token`

export function startService(world: World, machine: Machine, name: string): Service {
  const { timeout, refresh, discovers } = world.settings
  const { host } = machine
  const clock = host.clock()
  const client = createTokenClient({
    ...(discovers ? { issuer } : { tokenEndpoint }),
    clientId: 'orders',
    clientSecret: machine.supplySecret,
    scope: defaultScope,
    timeout,
    ...(refresh !== undefined && { refresh }),
    dispatcher: { dispatch: (options, handler) => serverDispatch(world, service, options, handler) } as Dispatcher,
    clock
  })
  const bearer = client.interceptor({ origins: [...resourceOrigins] })
  const service: Service = {
    name,
    machine,
    host,
    clock,
    client,
    request: bearer((...given) => resourceDispatch(world, service, ...given)),
    ledgers: new Map(),
    tokens: new Map(),
    serials: new Map(),
    refused: new Map(),
    refusal: undefined,
    server: newServerView(),
    lookups: new Set(),
    search: { beganAt: 0, endedAt: Number.NEGATIVE_INFINITY },
    exchanges: 0,
    lastToken: undefined,
    waiting: new Set(),
    lingering: [],
    closed: false,
    shutdown: new AbortController()
  }
  listen(world, service)
  return service
}

/** What a client sends to its authorization server. */
function serverDispatch(
  world: World,
  service: Service,
  ...[options, handler]: Parameters<Dispatcher.Dispatch>
): boolean {
  const dispatch = options.method === 'GET' ? metadataDispatch : tokenDispatch
  return dispatch(world, service, options, handler)
}

export function ledgerOf({ ledgers }: Service, scope: string): Ledger {
  const known = ledgers.get(scope)
  if (known !== undefined) return known
  const ledger = newLedger(scope)
  ledgers.set(scope, ledger)
  return ledger
}

/** A request for one kind of token may wait so long for the one that tries the credential for all. Milliseconds. */
const longestTrial = 1000

/** How far the wire's times may lie behind the library's own, which count from the start of an attempt. */
export function slackOf({ machine, ledgers }: Service): number {
  return machine.slack + (ledgers.size > 1 ? longestTrial : 0)
}

export const everybody = '*'

export function refuses({ refused }: Service, serial: number, who: string): void {
  refused.set(serial, (refused.get(serial) ?? new Set()).add(who))
}

/** A token in hand that neither has ended nor was refused. */
export function hasUsableToken({ host, refused, serials }: Service, { held }: Ledger): boolean {
  return held !== undefined && held.endsAt > host.monotonicTime() && !refused.has(serials.get(held.value) ?? 0)
}

function listen(world: World, service: Service): void {
  const { client, name } = service
  client.on('*', (event, told) => {
    const text = JSON.stringify(told)
    world.log.write(name, `${event} ${text}`)
    if (text.includes(marker)) world.violate('I9', name, `the event ${event} holds a secret or a token`)
    // A user's own request can outlive the client, and what becomes of it is told.
    if (service.closed && event !== 'rejected') world.violate('I8', name, `the event ${event} after close`)
    if (event === 'refreshed') refreshed(world, service, told as TokenClientEvents['refreshed'])
    if (event === 'refresh-failed') refreshFailed(world, service, told as TokenClientEvents['refresh-failed'])
  })
}
