import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly process: ChildProcess
  /** What it has printed, as soon as that contains the text. */
  printed(text: string): Promise<string>
  /** Its exit code and all that it printed, once it ended by itself. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
}

/** Runs a module in a Node of its own, in the folder of a built package. */
export function runModule(folder: string, code: string): Child {
  return runNode(folder, ['--input-type=module', '--eval', code])
}

export function runNode(folder: string, args: readonly string[]): Child {
  return run(folder, process.execPath, args)
}

/** Runs a module where the process may have no more than so many descriptors open. */
export function runWithDescriptors(most: number, folder: string, code: string): Child {
  const limited = `ulimit -n ${most} && exec "$@"`
  return run(folder, 'bash', ['-c', limited, 'bash', process.execPath, '--input-type=module', '--eval', code])
}

/** The end of the test ends it. */
function run(folder: string, program: string, args: readonly string[]): Child {
  const child = spawn(program, args, { cwd: folder })
  let output = ''
  const heard = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const hear of heard) hear()
    })
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    process: child,
    printed: (text) =>
      new Promise((resolve) => {
        const hear = () => output.includes(text) && resolve(output)
        heard.add(hear)
        hear()
      }),
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
  }
}
