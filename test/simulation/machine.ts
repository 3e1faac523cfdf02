import type { Host } from './host.ts'
import type { Service } from './service-process.ts'
import type { World } from './world.ts'

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
  /** True time since which nothing has been wrong, and since which nothing hangs that began before. */
  calmSince: number
  wellSince: number
  readonly supplySecret: () => string | Promise<string>
  service: Service
}

/** Milliseconds. */
const slowSupply = 1500
export const exact = 10
/** A share of the timeout: with the secret from before the request then goes out after all. */
const givenUpAfter = 0.4

/** A machine before its first service is started. */
export function newMachine(world: () => World, host: Host, secret: string): Machine {
  const machine: Machine = {
    host,
    secret,
    supply: 'given',
    partitioned: false,
    aborting: false,
    slack: exact,
    calmSince: 0,
    wellSince: 0,
    service: undefined as unknown as Service,
    supplySecret() {
      if (machine.supply !== 'given') world().fire('secret supplier')
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
