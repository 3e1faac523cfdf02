import type { Dispatcher } from 'undici'
import { answer, malformedAnswer, outage, serverError, text } from './answers.ts'
import { exact } from './machine.ts'
import { issuer, tokenEndpoint } from './service-state.ts'
import type { PlaceTrouble } from './simulated-settings.ts'
import { openWire, type Script } from './wire.ts'
import type { Service, World } from './world.ts'

/** Replaces undici for a service's metadata requests. Only one of the two places holds the metadata. */
export function metadataDispatch(
  world: World,
  service: Service,
  { path }: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler
): boolean {
  const { line, chance, log, authorizationServer } = world
  const { host, machine, name, lookups } = service
  log.write(name, `metadata request to ${path}`)
  if (service.closed) world.violate('I8', name, 'a metadata request after close')
  const lookup = { beganAt: line.now }
  const { search } = service
  if (lookups.size === 0 && search.endedAt < line.now) search.beganAt = line.now
  lookups.add(lookup)
  const wire = openWire(host, handler, () => {
    // A token request waits for the metadata, so it leaves later than its attempt starts.
    machine.slack = Math.max(machine.slack, line.now - search.beganAt + exact)
    search.endedAt = line.now
    lookups.delete(lookup)
  })
  line.in(chance.between(0.5, 20), () => {
    if (machine.partitioned) {
      world.fire('partition')
      return wire.play(chance.happens(0.5) ? outage(chance) : { delay: 0, ending: 'silence' })
    }
    const trouble = authorizationServer.placeTroubles.get(path)
    if (trouble !== undefined) world.fire('discovery')
    wire.play(scriptOf(world, path, trouble))
  })
  return true
}

function scriptOf({ chance, settings }: World, path: string, trouble: PlaceTrouble | undefined): Script {
  switch (trouble) {
    case 'hangs':
      return { delay: 0, ending: 'silence' }
    case 'fails':
      return serverError(chance)
    case 'is malformed':
      return malformedAnswer(chance)
    case 'is slow':
      return { ...found(chance, path === settings.place), delay: chance.magnitude(500, 15_000) }
    case undefined:
      return found(chance, path === settings.place)
  }
}

function found(chance: World['chance'], isThere: boolean): Script {
  return isThere ? answer(chance, 200, { issuer, token_endpoint: tokenEndpoint }) : text(chance, 404, 'not here')
}
