// The core of the suite on every supported Node, with the oldest and the newest of each supported undici.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const core = ['bearer', 'http', 'wire', 'road', 'safety', 'examples', 'house/import-leaves-process.test.ts']
/** What does not know undici, and what `npm test` runs on its own Node: once on each other one. */
const oncePerNode = ['cli/', 'telemetry', 'opentelemetry']
const undicisOf = { 20: ['7'], 22: ['7', '8'], 24: ['7', '8'], 26: ['7', '8'] }

const root = fileURLToPath(new URL('..', import.meta.url))
const { peerDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

function npm(...args) {
  const { stdout, status, error } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit']
  })
  if (error || status !== 0) throw error ?? new Error(`npm ${args[0]} failed`)
  return stdout
}

/** The oldest and the newest version of a major in our range: one, when they are the same. */
function versions(major) {
  const range = peerDependencies.undici.split(' || ').find((part) => part.startsWith(`^${major}.`))
  const oldest = range.slice(1)
  const newest = [JSON.parse(npm('view', `undici@${range}`, 'version', '--json'))].flat().at(-1)
  return [...new Set([oldest, newest])]
}

/** Where a version is that npm has brought into .cache. */
function folderOf(version) {
  const place = `${root}.cache/undici-${version}`
  const folder = `${place}/node_modules/undici`
  if (!existsSync(folder))
    npm('install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', place, `undici@${version}`)
  return folder
}

function run(node, major, version, parts) {
  const command = [
    'scripts/on-node.js',
    node,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=dot',
    ...parts.map((part) => `test/${part}`)
  ]
  const env = { ...process.env, UNDICI: major, UNDICI_FOLDER: folderOf(version), NO_COLOR: '1' }
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', env }).status === 0
}

const wanted = process.argv.slice(2)
const rows = Object.entries(undicisOf)
  .filter(([node]) => wanted.length === 0 || wanted.includes(node))
  .flatMap(([node, majors]) => majors.flatMap((major) => versions(major).map((version) => ({ node, major, version }))))

function partsFor({ node }, index) {
  const isFirst = rows.findIndex((row) => row.node === node) === index
  return isFirst && !process.version.startsWith(`v${node}.`) ? [...core, ...oncePerNode] : core
}

const results = rows.map((row, index) => ({
  ...row,
  passed: run(row.node, row.major, row.version, partsFor(row, index))
}))
for (const { node, version, passed } of results)
  console.log(`Node ${node}, undici ${version}: ${passed ? 'passed' : 'FAILED'}`)
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1
