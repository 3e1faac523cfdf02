import { guardOf } from './expected-law.ts'
import { epoch } from './host.ts'
import { kindOf } from './shared-view.ts'
import { minute, second } from './units.ts'
import type { Service, World } from './world.ts'

/** The wall clock of a host that nobody has set is at most so far from the true time, in either direction. Milliseconds. */
const mostWrong = minute
/** A service that finds the lease held waits so long for its holder. Milliseconds. */
const patience = 2 * second

/** I17: checks a token request of a fleet while its store works. */
export function requestOfFleet(world: World, service: Service, scope: string): void {
  const { line, settings, shared, services } = world
  if (!settings.isShared || shared.faults > 0 || !clocksAgree(world)) return
  const { grantedAt } = kindOf(shared, scope)
  const since = shared.calmSince
  if (line.now > since + patience + second) {
    const other = services.find((one) => one !== service && !one.closed && (one.ledgers.get(scope)?.inFlight ?? 0) > 0)
    if (other !== undefined) world.violate('I17', service.name, `asks for "${scope}" beside ${other.name}`)
  }
  const age = line.now - grantedAt
  if (grantedAt > since && age < earliestRefresh(world) - 2 * mostWrong - second)
    world.violate('I17', service.name, `asks for "${scope}", ${age} ms after the fleet got a token`)
}

function clocksAgree({ line, services }: World): boolean {
  return services.every(({ host }) => Math.abs(host.wallTime() - line.now - epoch) <= mostWrong)
}

/** No instance may refresh a token before this age, however much was left when it found the token. Milliseconds. */
function earliestRefresh({ settings: { life, refresh } }: World): number {
  if (typeof refresh === 'number') return (refresh - 0.05) * life
  if (refresh === undefined) return Math.max(0.5 * life, Math.min(0.75 * life, life - 5 * minute))
  return Math.max(0.1 * life, 0.9 * life - refresh.surviveOutage - guardOf(life))
}
