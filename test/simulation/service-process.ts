import type { Dispatcher } from 'undici'
import type { TokenClientEvents } from '../../src/events.ts'
import { createTokenClient } from '../../src/index.ts'
import { processOn } from './host.ts'
import { metadataDispatch } from './metadata-requests.ts'
import { resourceDispatch } from './resource-requests.ts'
import { newServerView } from './server-view.ts'
import { defaultScope, issuer, tokenEndpoint } from './service-state.ts'
import { proofKey } from './simulated-nonces.ts'
import { resourceOrigins } from './simulated-resource-server.ts'
import { sealing, storeFor } from './simulated-store.ts'
import { tokenDispatch } from './token-requests.ts'
import { marker } from './verdict.ts'
import { refreshed } from './watch-flights.ts'
import { refreshFailed } from './watch-waits.ts'
import type { Machine, Service, World } from './world.ts'

export function startService(world: World, machine: Machine, name: string): Service {
  const { timeout, refresh, discovers, isShared } = world.settings
  const host = processOn(machine.host)
  const clock = host.clock()
  const client = createTokenClient({
    ...(discovers ? { issuer } : { tokenEndpoint }),
    clientId: 'orders',
    clientSecret: machine.supplySecret,
    scope: defaultScope,
    timeout,
    ...(refresh !== undefined && { refresh }),
    dispatcher: { dispatch: (options, handler) => serverDispatch(world, service, options, handler) } as Dispatcher,
    ...(isShared && { store: storeFor(world, () => service), ...sealing }),
    ...(machine.proves && { dpop: { key: proofKey } }),
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
    found: new Map(),
    serials: new Map(),
    refused: new Map(),
    refusal: undefined,
    grantedAt: Number.NEGATIVE_INFINITY,
    server: newServerView(),
    lookups: new Set(),
    search: { beganAt: 0, endedAt: Number.NEGATIVE_INFINITY },
    lastToken: undefined,
    waiting: new Set(),
    lingering: [],
    closed: false,
    isDead: false,
    shutdown: new AbortController()
  }
  listen(world, service)
  return service
}

/** Replaces undici for everything that a client sends to its authorization server. */
function serverDispatch(
  world: World,
  service: Service,
  ...[options, handler]: Parameters<Dispatcher.Dispatch>
): boolean {
  const dispatch = options.method === 'GET' ? metadataDispatch : tokenDispatch
  return dispatch(world, service, options, handler)
}

function listen(world: World, service: Service): void {
  const { client, name } = service
  client.on('*', (event, told) => {
    const text = JSON.stringify(told)
    world.log.write(name, `${event} ${text}`)
    if (text.includes(marker)) world.violate('I9', name, `the event ${event} holds a secret or a token`)
    // A request of the user can outlive the client, and its rejection is still told.
    if (service.closed && event !== 'rejected') world.violate('I8', name, `the event ${event} after close`)
    if (event === 'refreshed') refreshed(world, service, told as TokenClientEvents['refreshed'])
    if (
      event === 'refresh-failed' &&
      (told as TokenClientEvents['refresh-failed']).error.code === 'ERR_INVALID_DPOP_PROOF'
    )
      world.violate('I19', name, 'a demand for another proof cost a token')
    if (event === 'refresh-failed') refreshFailed(world, service, told as TokenClientEvents['refresh-failed'])
  })
}
