import type { Machine, World } from './world.ts'

/** Begins now, on one machine or on none, for `longest` ms at most; answers with what ends it. */
export type Fault = (world: World, machines: readonly Machine[], longest: number) => End | undefined

export type End = () => void

export const nothingToEnd = undefined
