// Runs a script on another major of Node, which npm brings into .cache: node scripts/on-node.js 24 script.js argument…
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const [major, ...command] = process.argv.slice(2)
const folder = fileURLToPath(new URL(`../.cache/node-${major}`, import.meta.url))
const name = `node-${process.platform}-${process.arch}`
const node = `${folder}/node_modules/${name}/bin/node`

function run(file, ...args) {
  const PATH = `${dirname(file)}${delimiter}${process.env.PATH}`
  const { status, error } = spawnSync(file, args, { stdio: 'inherit', env: { ...process.env, PATH } })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(node)) {
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  run('npm', 'install', ...quiet, '--prefix', folder, `${name}@${major}`)
}
run(node, '--version')
run(node, ...command)
