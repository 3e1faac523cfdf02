import { randomInt } from 'node:crypto'
import { ClientConfigurationError } from '../../errors.ts'
import { type EndpointName, endpointNames } from '../http/request-log.ts'
import type { Fault } from './fault.ts'

/** Which requests a fault acts on. */
export interface FaultReach {
  /** How many requests it acts on. The default is all, until `clear()`. */
  readonly requests?: number
  /** The endpoint. The default is the token endpoint. */
  readonly at?: EndpointName
  /** The share of these requests that it acts on, above 0 and at most 1. The default is 1. */
  readonly probability?: number
  /** The seed of the random choice. The same seed chooses the same requests again. The default is a random one. */
  readonly seed?: number
}

/** A fault and its reach. */
export interface QueuedFault {
  readonly id: number
  readonly name: string
  readonly fault: Fault
  readonly at: EndpointName
  readonly probability: number
  readonly seed: number
  /** How many more requests it acts on; undefined if it acts until it is cleared. */
  readonly left: number | undefined
  /** How many requests it has acted on. */
  readonly acted: number
}

/** Chooses the fault for each request: first those for a number of requests, in the order in which they were set, then those without a number, the newest first. */
export interface FaultQueue {
  /** @throws ClientConfigurationError if the reach is not valid */
  set(id: number, name: string, fault: Fault, reach?: FaultReach): void
  /** The fault for a request, which counts as one use of it; undefined if there is none. */
  next(endpoint: EndpointName): QueuedFault | undefined
  readonly all: readonly QueuedFault[]
  /** Clears one fault, or all of them. */
  clear(id?: number): void
}

interface Kept extends QueuedFault {
  left: number | undefined
  acted: number
  readonly draw: () => number
}

export function faultQueue(): FaultQueue {
  let kept: Kept[] = []

  /** The first of these faults that acts on this request. */
  function acting(faults: readonly Kept[]): Kept | undefined {
    const fault = faults.find(({ probability, draw }) => probability === 1 || draw() < probability)
    if (fault !== undefined) fault.acted++
    return fault
  }

  return {
    set(id, name, fault, reach = {}) {
      const { requests: left, at = 'token', probability = 1, seed = randomInt(2 ** 32) } = reach
      checkReach({ at, probability, seed, ...(left !== undefined && { requests: left }) })
      // A fault that acts on every request until it is cleared hides those that were set before it.
      if (left === undefined && probability === 1) kept = kept.filter((one) => one.at !== at || one.left !== undefined)
      if (left !== 0) kept.push({ id, name, fault, at, probability, seed, left, acted: 0, draw: draws(seed) })
    },
    next(endpoint) {
      const here = kept.filter(({ at }) => at === endpoint)
      const turn = here.find(({ left }) => left !== undefined)
      if (turn?.left !== undefined) turn.left--
      const lasting = here.filter(({ left }) => left === undefined).reverse()
      const found = acting(turn === undefined ? lasting : [turn, ...lasting])
      kept = kept.filter(({ left }) => left !== 0)
      return found
    },
    get all() {
      return kept
    },
    clear(id) {
      kept = id === undefined ? [] : kept.filter((one) => one.id !== id)
    }
  }
}

function checkReach({ requests = 0, at, probability = 1, seed = 0 }: FaultReach): void {
  if (!Number.isInteger(requests) || requests < 0) throw invalid('requests must be an integer that is at least 0.')
  if (!endpointNames.some((name) => name === at)) throw invalid(`at must be one of ${endpointNames.join(', ')}.`)
  if (!(probability > 0 && probability <= 1)) throw invalid('probability must be above 0 and at most 1.')
  if (!Number.isInteger(seed)) throw invalid('seed must be an integer.')
}

function invalid(sentence: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `The reach of a fault: ${sentence}`)
}

/** Random numbers from 0 to 1 that depend only on the seed (mulberry32). */
function draws(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
