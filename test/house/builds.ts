import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './imports.ts'

// Unchanged sources give the same build. About twenty test files need one, and each build takes seconds.

/** All that `dist` is made of. */
const sources = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
const cache = join(root, '.cache')
const hour = 3_600_000

/** Copies the build of the sources as they are, if there is one. */
export async function takeBuild(dist: string): Promise<boolean> {
  try {
    await cp(await placeOfBuild(), dist, { recursive: true })
    return true
  } catch {
    await rm(dist, { recursive: true, force: true })
    return false
  }
}

export async function keepBuild(dist: string): Promise<void> {
  const copy = await mkdtemp(join(cache, 'build-'))
  await cp(dist, copy, { recursive: true })
  const another = () => rm(copy, { recursive: true }) // another process has stored the same build meanwhile
  await rename(copy, await placeOfBuild()).catch(another)
  for (const name of await readdir(cache)) if (name.startsWith('build-')) await letGoOfOld(join(cache, name))
}

async function letGoOfOld(folder: string): Promise<void> {
  const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
  if (Date.now() - mtimeMs > hour) await rm(folder, { recursive: true, force: true })
}

async function placeOfBuild(): Promise<string> {
  const digest = createHash('sha256')
  for (const file of await filesOf(sources)) digest.update(`${file}\0`).update(await readFile(join(root, file)))
  return join(cache, `build-${digest.digest('hex')}`)
}

async function filesOf(paths: readonly string[]): Promise<string[]> {
  const files = await Promise.all(
    paths.map(async (path) => {
      if ((await stat(join(root, path))).isFile()) return [path]
      return filesOf((await readdir(join(root, path))).map((name) => join(path, name)))
    })
  )
  return files.flat().sort()
}
