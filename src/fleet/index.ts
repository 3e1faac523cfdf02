export type { FleetOptions } from './fleet-options.ts'
export type { FleetReport } from './fleet-report.ts'
export { simulateFleet } from './simulate-fleet.ts'
