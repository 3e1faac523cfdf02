import type { Machine, World } from './world.ts'

/** Begins a fault that lasts at most `longest` ms. Returns a function that ends it, if anything has to be ended. */
export type Fault = (world: World, machines: readonly Machine[], longest: number) => End | undefined

export type End = () => void

export const nothingToEnd = undefined
