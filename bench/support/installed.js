import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = `${root}.cache/bench-installed`
const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']

/** Packs the project and installs it in a folder of its own, as a user would. Answers with its `node_modules`. */
export async function install() {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root
  })
  const [{ filename }] = JSON.parse(stdout)
  await writeFile(`${folder}/package.json`, '{ "private": true, "type": "module" }')
  await run('npm', ['install', ...quiet, `./${filename}`, `undici@${await undiciVersion()}`], { cwd: folder })
  return `${folder}/node_modules`
}

async function undiciVersion() {
  const { version } = JSON.parse(
    await readFile(new URL('../node_modules/undici/package.json', import.meta.url), 'utf8')
  )
  return version
}
