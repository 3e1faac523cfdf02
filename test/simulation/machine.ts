import type { Host } from './host.ts'
import type { Machine, Service, World } from './world.ts'

/** Milliseconds. */
const slowSupply = 1500
export const exact = 10
/** After this share of the timeout the library stops waiting for a secret and sends the former one. */
const givenUpAfter = 0.4

/** A machine before its first service is started. */
export function newMachine(world: () => World, host: Host, secret: string, proves: boolean): Machine {
  const machine: Machine = {
    host,
    secret,
    supply: 'given',
    partitioned: false,
    aborting: false,
    slack: exact,
    suppliedLateAt: Number.NEGATIVE_INFINITY,
    calmSince: 0,
    wellSince: 0,
    proves,
    service: undefined as unknown as Service,
    supplySecret() {
      if (machine.supply !== 'given') {
        world().fire('secret supplier')
        machine.suppliedLateAt = host.monotonicTime()
      }
      switch (machine.supply) {
        case 'given':
          return machine.secret
        case 'blank':
          return ''
        case 'throws':
          throw new Error('The vault is sealed.')
        case 'never':
          machine.slack = Math.max(machine.slack, givenUpAfter * world().settings.timeout + exact)
          return new Promise(() => {})
        case 'slow':
          machine.slack = Math.max(machine.slack, slowSupply + exact)
          return new Promise((resolve) => host.later(slowSupply, () => resolve(machine.secret)))
      }
    }
  }
  return machine
}
