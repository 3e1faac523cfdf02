import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

export interface Instance {
  /** The token's value, or the code of the error. */
  token(): Promise<string>
  /** Calls one after another for `during` ms, or until it is stopped, with a pause of `every` ms. With all its clients at once, in their order. */
  calls(plan: { readonly every: number; readonly during?: number }): Promise<readonly Calls[]>
  stop(): void
}

export interface Calls {
  /** Milliseconds of each. */
  readonly times: number[]
  readonly failed: number
  /** The tokens, one after another. */
  readonly seen: readonly string[]
  /** What the client warned of meanwhile. */
  readonly warnings: readonly string[]
}

export interface Surroundings {
  readonly tokenEndpoint: string
  /** None of the three: without a store. */
  readonly redisPort?: number
  readonly clusterPorts?: readonly number[]
  readonly directory?: string
  readonly shards?: number
}

export interface InstanceProcess extends Instance {
  readonly process: ChildProcess
}

/** Processes that are connected and have asked for nothing yet, each with a client for each of the surroundings. The end of the test ends them. */
export async function fleet(
  folder: string,
  size: number,
  ...surroundings: readonly Surroundings[]
): Promise<readonly InstanceProcess[]> {
  const settings = settingsOf(surroundings)
  const program = await programIn(folder)
  return Promise.all(Array.from({ length: size }, () => instanceProcess(program, settings)))
}

/** The same as worker threads of this process. */
export async function workers(folder: string, size: number, surroundings: Surroundings): Promise<readonly Instance[]> {
  const settings = settingsOf([surroundings])
  const program = await programIn(folder)
  return Promise.all(Array.from({ length: size }, () => instanceThread(program, settings)))
}

/** The program in the folder of the package, whose name it imports. */
async function programIn(folder: string): Promise<string> {
  const program = join(folder, 'instance.js')
  await copyFile(join(import.meta.dirname, 'instance.js'), program)
  return program
}

function settingsOf(surroundings: readonly Surroundings[]): string {
  const sealingKey = randomBytes(32).toString('base64')
  return JSON.stringify(
    surroundings.map(({ tokenEndpoint, redisPort, clusterPorts, directory, shards }) => {
      return { tokenEndpoint, redisPort, clusterPorts, directory, shards, sealingKey }
    })
  )
}

async function instanceProcess(program: string, settings: string): Promise<InstanceProcess> {
  const child = fork(program, [settings])
  onTestFinished(() => void child.kill('SIGKILL'))
  await Promise.race([once(child, 'message'), endedTooSoon(child)])
  return { process: child, ...ordered(child, (message) => void child.send(message)) }
}

async function endedTooSoon(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`an instance ended with ${code} before it was ready`)
}

async function instanceThread(program: string, settings: string): Promise<Instance> {
  const thread = new Worker(program, { workerData: settings })
  onTestFinished(async () => void (await thread.terminate()))
  await once(thread, 'message')
  return ordered(thread, (message) => thread.postMessage(message))
}

function ordered(whoAnswers: EventEmitter, send: (message: object) => void): Instance {
  const order = async (message: object) => {
    send(message)
    return (await once(whoAnswers, 'message'))[0]
  }
  return {
    token: () => order({ order: 'token' }),
    calls: (plan) => order({ order: 'calls', ...plan }),
    stop: () => send({ order: 'stop' })
  }
}

/** The time that all but one call in a hundred stay under. */
export function p99(runs: readonly Calls[]): number {
  const times = runs.flatMap(({ times }) => times).sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN
}
