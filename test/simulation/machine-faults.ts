import { closeService, killService, restartService } from './service-end.ts'
import { type End, type Fault, nothingToEnd } from './simulated-fault.ts'
import type { FaultKind } from './simulated-fault-kinds.ts'
import { hour, minute, second } from './units.ts'
import type { Machine, World } from './world.ts'

/** A fault of one machine, which is chosen by chance. */
function onMachine(begin: (world: World, machine: Machine, longest: number) => End | undefined): Fault {
  return (world, machines, longest) => begin(world, world.chance.pick(machines), longest)
}

/** The new secret reaches one machine after the other. The server may refuse the old secret before a machine has the new one. */
const secretRotation: Fault = (world, machines) => {
  const { authorizationServer: server, chance, line } = world
  const bring = (machine: Machine) => {
    machine.secret = server.currentSecret
  }
  world.fire('secret rotation')
  server.addSecret()
  for (const machine of machines) line.in(chance.magnitude(second, 20 * minute), () => bring(machine))
  if (chance.happens(0.5)) server.retireOldSecrets()
  return () => {
    server.retireOldSecrets()
    machines.forEach(bring)
  }
}

const badListener = onMachine((world, { service }) => {
  const { client } = service
  const fire = () => world.fire('listener throws')
  const listener = world.chance.pick<() => unknown>([
    () => {
      throw new Error('A listener of the user failed.')
    },
    async () => {
      throw new Error('An async listener of the user failed.')
    },
    () => client.getToken().catch(() => {}),
    () => client.health()
  ])
  return client.on('*', () => {
    fire()
    return listener()
  })
})

/** Faults of the machines on which the services run. */
export const machineFaults = {
  'secret rotation': secretRotation,
  'secret supplier': onMachine(({ chance }, machine) => {
    machine.supply = chance.pick(['slow', 'blank', 'throws', 'never'])
    return () => {
      machine.supply = 'given'
    }
  }),
  partition: onMachine((_world, machine) => {
    machine.partitioned = true
    return () => {
      machine.partitioned = false
    }
  }),
  'clock step': onMachine((world, { host }) => {
    world.fire('clock step')
    const ms = world.chance.magnitude(second, 30 * hour)
    host.stepWallTime(world.chance.happens(0.5) ? ms : -ms)
    return nothingToEnd
  }),
  suspend: onMachine((world, { host }, longest) => {
    world.fire('suspend')
    host.suspend(Math.min(world.chance.magnitude(second, 20 * hour), longest))
    return nothingToEnd
  }),
  freeze: onMachine((world, { host }, longest) => {
    world.fire('freeze')
    host.freeze(Math.min(world.chance.magnitude(100, hour), longest))
    return nothingToEnd
  }),
  'listener throws': badListener,
  abort: onMachine((_world, machine) => {
    machine.aborting = true
    return () => {
      machine.aborting = false
    }
  }),
  close: onMachine((world, machine) => {
    machine.host.later(0, () => {
      world.fire('close')
      restartService(world, machine, closeService)
    })
    return nothingToEnd
  }),
  kill: onMachine((world, machine) => {
    machine.host.later(0, () => {
      world.fire('kill')
      restartService(world, machine, killService)
    })
    return nothingToEnd
  })
} satisfies Partial<Record<FaultKind, Fault>>
