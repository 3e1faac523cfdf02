import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface Plan {
  readonly scopes: number
  /** Calls in one round, each for the next scope. */
  readonly perRound: number
  readonly rounds: number
  /** Milliseconds between two rounds. */
  readonly every: number
  readonly maxWait?: number
}

export interface Outcome {
  readonly failed: number
  /** Milliseconds. */
  readonly processorTime: number
}

/** A process. */
export interface Caller {
  /** Each of its services does the same. */
  call(plan: Plan): Promise<Outcome>
}

export interface Services {
  readonly processes: number
  /** Services of each process, none of which knows of another. */
  readonly each: number
}

/** The end of the test ends them. */
export async function startCallers(
  folder: string,
  tokenEndpoint: string,
  { processes, each }: Services
): Promise<readonly Caller[]> {
  const program = join(folder, 'caller.js')
  await copyFile(join(import.meta.dirname, 'caller.js'), program)
  const children = Array.from({ length: processes }, () => fork(program, [tokenEndpoint, String(each)]))
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  await Promise.all(children.map((child) => Promise.race([once(child, 'message'), endedTooSoon(child)])))
  return children.map((child) => ({
    async call(plan) {
      child.send(plan)
      return (await once(child, 'message'))[0]
    }
  }))
}

async function endedTooSoon(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`a process ended with ${code} before it was ready`)
}
