import type { Machine, World } from './world.ts'
import './held-timers.ts'

import { proverCode } from '../../src/client-authentication/late-prover.ts'
import { loaded } from '../support/loaded.ts'
import { newHost } from './host.ts'
import { keptLog, noLog } from './log.ts'
import { newMachine } from './machine.ts'
import { probe } from './recovery.ts'
import { lookForGrowth } from './service-end.ts'
import { startService } from './service-process.ts'
import { longestInBackground, tokenEndpoint } from './service-state.ts'
import { holdPlatform } from './settle.ts'
import { newSharedView } from './shared-view.ts'
import { newAuthorizationServer } from './simulated-authorization-server.ts'
import { chanceOf } from './simulated-chance.ts'
import { faultKinds } from './simulated-fault-kinds.ts'
import { beginFault } from './simulated-faults.ts'
import { drawProofs } from './simulated-nonces.ts'
import { newResourceServer, resourceOrigins } from './simulated-resource-server.ts'
import { drawSettings } from './simulated-settings.ts'
import { newStore } from './store-engine.ts'
import { timeline } from './timeline.ts'
import { minute } from './units.ts'
import { marker, type Violation } from './verdict.ts'
import { noteWellness } from './watch-ends.ts'
import { callSoon, startWorkload } from './workload.ts'

// The library loads these modules late. They are loaded before any run, because a run must not wait for the disk.
await loaded()
await proverCode.load()

export interface Run {
  readonly violations: readonly Violation[]
  readonly statistics: World['statistics']
  /** The milliseconds of all services together. */
  readonly serviceTime: number
  readonly log: string
}

const quietTime = 60 * minute
const mostEvents = 500_000

/** Runs the simulation once. Everything in the run follows from the seed. */
export async function simulate(seed: number, { keepLog = false } = {}): Promise<Run> {
  const violations: Violation[] = []
  const { world, machines } = newWorld(seed, keepLog, violations)
  const platform = holdPlatform(world.line, (warning) => {
    if (warning.includes(marker)) world.violate('I9', 'process', 'a warning holds a secret or a token')
  })
  const unhandled = (reason: unknown) => world.violate('I7', 'process', `unhandled rejection: ${reason}`)
  process.on('unhandledRejection', unhandled)
  try {
    await playAll(world, machines, violations, platform.settle)
  } finally {
    platform.release()
    await new Promise((resolve) => setImmediate(resolve)) // Node reports unhandled rejections before this
    process.off('unhandledRejection', unhandled)
  }
  const { statistics, log, line } = world
  const found = [...violations]
  for (const { isDead, client } of world.services) if (isDead) await client.close()
  return { violations: found, statistics, serviceTime: line.now * machines.length, log: log.text }
}

function newStatistics(): World['statistics'] {
  const waits = { waits: 0, sumOfWaits: 0, waitsBesideOthers: 0, tellingWaits: 0 }
  return { fired: new Map(), tokenRequests: 0, calls: 0, events: 0, ...waits, spared: 0 }
}

function newWorld(seed: number, keepLog: boolean, violations: Violation[]) {
  const chance = chanceOf(seed)
  const settings = drawSettings(chance.fork())
  const line = timeline()
  const authorizationServer = newAuthorizationServer(line, chance.fork(), settings.life)
  const world: World = {
    settings,
    line,
    chance: chance.fork(),
    log: keepLog ? keptLog(() => line.now) : noLog,
    authorizationServer,
    resourceServers: new Map(
      resourceOrigins.map((origin) => [origin, newResourceServer(line, chance.fork(), authorizationServer)])
    ),
    services: [],
    store: newStore(),
    shared: newSharedView(),
    // A token that is bound to a key is not shared.
    proofs: settings.isShared ? undefined : drawProofs(seed, line, [tokenEndpoint, ...resourceOrigins]),
    statistics: newStatistics(),
    violate(invariant, who, what) {
      violations.push({ invariant, time: line.now, who, what })
      world.log.write(who, `VIOLATION ${invariant}: ${what}`)
    },
    fire(kind) {
      const { fired } = world.statistics
      fired.set(kind, (fired.get(kind) ?? 0) + 1)
    }
  }
  const { proofs } = world
  const machines = Array.from({ length: settings.services }, (_, index) => {
    const machine = newMachine(
      () => world,
      newHost(`host-${index}`, line, chance.fork()),
      authorizationServer.currentSecret,
      proofs !== undefined && !(proofs.isMixed && index % 2 === 1)
    )
    machine.service = startService(world, machine, `host-${index}.0`)
    world.services.push(machine.service)
    return machine
  })
  world.log.write('world', JSON.stringify(settings))
  return { world, machines }
}

/** Plays the time of faults and calls, then the recovery and the end. */
async function playAll(
  world: World,
  machines: readonly Machine[],
  violations: readonly Violation[],
  settle: () => Promise<void>
): Promise<void> {
  const { settings, line, statistics } = world

  async function playUntil(end: number): Promise<void> {
    for (let moment = line.next(end); moment !== undefined; moment = line.next(end)) {
      moment.run()
      await settle()
      statistics.events += 1
      for (const machine of machines) {
        noteWellness(world, machine)
        if (moment.doer === machine.host) lookForGrowth(world, machine.service)
      }
      if (statistics.events > mostEvents) world.violate('I4', 'world', 'there is no end of events')
      if (violations.length > 0) return
    }
  }

  const calm = settings.duration + 2 * settings.timeout + minute
  for (const machine of machines) machine.host.later(0, () => startWorkload(world, machine, calm - minute))
  for (let faults = settings.faults; faults > 0; faults--) planFault(world, machines)
  await playUntil(calm)
  const end = Math.max(...machines.map((machine) => probe(world, machine)))
  if (violations.length === 0) await playUntil(end + quietTime)
  if (violations.length === 0) judgeEnd(world)
}

function planFault(world: World, machines: readonly Machine[]): void {
  const { chance, line, settings } = world
  const begin = chance.between(0, settings.duration)
  const length = Math.min(chance.magnitude(500, settings.longestFault), settings.duration - begin)
  const kind = chance.pick(faultKinds)
  const callAround = () => {
    for (let count = 0; count < 2; count++) callSoon(world, chance.pick(machines))
  }

  line.in(begin, () => {
    world.log.write('fault', `${kind} begins, for ${length.toFixed(0)} ms`)
    faultBegins(world)
    const end = beginFault(kind, world, machines, length)
    callAround()
    line.in(length, () => {
      world.log.write('fault', `${kind} is over`)
      end?.()
      faultEnds(world)
      callAround()
    })
  })
}

function faultBegins({ shared, line }: World): void {
  shared.faults += 1
  shared.calmSince = line.now
}

/** A flight that began during the fault can last this long. Every later flight finds the store and what the others left there. */
function faultEnds({ line, shared, settings }: World): void {
  line.in(Math.max(settings.timeout, longestInBackground), () => {
    shared.faults -= 1
    shared.calmSince = line.now
  })
}

/** I7 at the very end, when nothing can happen any more. */
function judgeEnd(world: World): void {
  for (const { name, waiting } of world.services)
    if (waiting.size > 0) world.violate('I7', name, `${[...waiting].map(({ what }) => what).join(', ')} never ended`)
}
