import { machineFaults } from './machine-faults.ts'
import { serverFaults } from './server-faults.ts'
import type { End, Fault } from './simulated-fault.ts'
import type { FaultKind } from './simulated-fault-kinds.ts'

const faults: Readonly<Record<FaultKind, Fault>> = { ...serverFaults, ...machineFaults }

export function beginFault(kind: FaultKind, ...given: Parameters<Fault>): End | undefined {
  return faults[kind](...given)
}
