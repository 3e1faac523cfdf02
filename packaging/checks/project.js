import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a program and gives what it printed. What it printed is in the error as well. */
export async function run(file, args, { cwd, env = {} } = {}) {
  try {
    const { stdout } = await promisify(execFile)(file, args, {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 2 ** 26
    })
    return stdout
  } catch (error) {
    throw new Error(`${[file, ...args].join(' ')}\n${error.stdout}${error.stderr}`)
  }
}

/** Runs a tool of this folder: the file of a package, such as `jest/bin/jest.js`. */
export function tool(file, args, options) {
  return run(process.execPath, [join(root, 'packaging/node_modules', file), ...args], options)
}

/** An empty project with these files, outside the repository's `node_modules` so that nothing else is found. */
export async function project(files, work) {
  const folder = await mkdtemp('/tmp/service-token-client-')
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
    }
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Installs the packed package, as a user with npm does. */
export async function installed(tarball, files, work, also = []) {
  return project({ 'package.json': { private: true }, ...files }, async (folder) => {
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, ...also], { cwd: folder })
    return work(folder)
  })
}

export function equal(what, seen, expected) {
  if (seen !== expected)
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, but got ${JSON.stringify(seen)}`)
}
