import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface Instance {
  readonly process: ChildProcess
  /** The token's value, or the code of the error. */
  token(): Promise<string>
  /** Calls one after another for `during` ms, with a pause of `every` ms. */
  calls(plan: { readonly every: number; readonly during: number }): Promise<Calls>
}

export interface Calls {
  /** Milliseconds of each. */
  readonly times: number[]
  readonly failed: number
}

export interface Surroundings {
  readonly tokenEndpoint: string
  /** Undefined: without a store. */
  readonly redisPort?: number | undefined
}

/** Processes that are connected and have asked for nothing yet. The end of the test ends them. */
export async function fleet(folder: string, size: number, surroundings: Surroundings): Promise<readonly Instance[]> {
  const sealingKey = randomBytes(32).toString('base64')
  const settings = JSON.stringify({ ...surroundings, sealingKey })
  return Promise.all(Array.from({ length: size }, () => instance(join(folder, 'test/fleet/instance.js'), settings)))
}

async function instance(program: string, settings: string): Promise<Instance> {
  const child = fork(program, [settings])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  const order = async (message: object) => {
    child.send(message)
    return (await once(child, 'message'))[0]
  }
  return {
    process: child,
    token: () => order({ order: 'token' }),
    calls: (plan) => order({ order: 'calls', ...plan })
  }
}

/** The time that all but one call in a hundred stay under. */
export function p99(runs: readonly Calls[]): number {
  const times = runs.flatMap(({ times }) => times).sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN
}
