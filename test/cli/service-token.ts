import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { type BuiltPackage, buildPackage } from '../house/package.ts'

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  /** The standard input. The default is empty. */
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface ServiceToken {
  (args: readonly string[], surroundings?: Surroundings): Promise<Ended>
  /** The file that is run. */
  bin(): string
}

/** The built `bin` of the package, as a user runs it, for the tests of this file. */
export function serviceToken(): ServiceToken {
  let built: BuiltPackage

  beforeAll(async () => {
    built = await buildPackage()
  }, 60_000)
  afterAll(() => built[Symbol.asyncDispose]())

  const bin = () => join(built.folder, packageJson.bin['service-token'])

  async function run(args: readonly string[], { input = '', environment = {} }: Surroundings = {}): Promise<Ended> {
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, [bin(), ...args], { env: { PATH, ...environment } })
    child.stdin.on('error', () => {}) // It may end without reading.
    child.stdin.end(input)
    const exitCode = new Promise<number | null>((resolve) => child.on('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { exitCode: await exitCode, stdout, stderr }
  }

  return Object.assign(run, { bin })
}
