import type { Machine } from './machine.ts'
import type { World } from './world.ts'

export const faultKinds = [
  'outage',
  'server error',
  'slowness',
  'silence',
  'drip',
  'rate limit',
  'malformed answer',
  'reset',
  'duplicated delivery',
  'refusal',
  'odd answer',
  'same token',
  'discovery',
  'secret rotation',
  'secret supplier',
  'key rotation',
  'resource refuses',
  'resource fails',
  'partition',
  'clock step',
  'suspend',
  'freeze',
  'listener throws',
  'abort',
  'close'
] as const

export type FaultKind = (typeof faultKinds)[number]

/** Begins now, on one machine or on none, for `longest` ms at most; answers with what ends it. */
export type Fault = (world: World, machines: readonly Machine[], longest: number) => End | undefined

export type End = () => void

export const nothingToEnd = undefined
