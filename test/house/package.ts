import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keepBuild, takeBuild } from './builds.ts'
import { root } from './imports.ts'

const run = promisify(execFile)
const leftOut = ['.git', '.cache', 'node_modules', 'dist', 'coverage', 'bench', 'packaging', 'test', 'demo']

/** A copy of the repository, built: inside it, so that the dependencies are found, and apart from the `dist` in use. */
export interface BuiltPackage extends AsyncDisposable {
  readonly folder: string
  /** Runs a program in the copy and gives what it printed. */
  run(file: string, args: readonly string[]): Promise<string>
}

export async function buildPackage(): Promise<BuiltPackage> {
  await mkdir(join(root, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(root, '.cache/package-'))
  for (const entry of await readdir(root))
    if (!leftOut.includes(entry)) await cp(join(root, entry), join(folder, entry), { recursive: true })
  const built: BuiltPackage = {
    folder,
    run: async (file, args) => (await run(file, args, { cwd: folder })).stdout,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true })
  }
  const dist = join(folder, 'dist')
  if (await takeBuild(dist)) return built
  await built.run('npm', ['run', '--silent', 'build'])
  await keepBuild(dist)
  return built
}
