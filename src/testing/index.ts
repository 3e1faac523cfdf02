export type { Clock, Timer } from '../clock.ts'
export { type ManualClock, type ManualClockOptions, manualClock } from './manual-clock.ts'
