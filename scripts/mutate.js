// Changes the code in small ways, one at a time, and looks whether a test notices: a report, no gate.
// node scripts/mutate.js [room or file of src…]   npm brings Stryker into .cache: it is too large for a dependency.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const version = '9.6.1' // the last one for Node 20
const root = fileURLToPath(new URL('..', import.meta.url))
const tools = `${root}.cache/stryker`
const given = process.argv.slice(2)
const rooms = given.length > 0 ? given : ['token', 'token-endpoint', 'cache', 'bearer', 'client-authentication']

function run(file, args) {
  const { status, signal, error } = spawnSync(file, args, { stdio: 'inherit', cwd: root })
  if (error) throw error
  if (status !== 0) throw new Error(`${args[0]} ended with ${signal ?? status}`)
}

if (!existsSync(`${tools}/node_modules/@stryker-mutator`)) {
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${version}`)
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--legacy-peer-deps', '--prefix', tools, ...packages])
}

mkdirSync(tools, { recursive: true })
const configuration = `${tools}/stryker.config.json`
writeFileSync(
  configuration,
  JSON.stringify({
    plugins: [`${tools}/node_modules/@stryker-mutator/vitest-runner/dist/src/index.js`],
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    mutate: rooms.map((room) => (room.endsWith('.ts') ? `src/${room}` : `src/${room}/**/*.ts`)),
    ignorePatterns: ['.cache', 'dist', 'coverage', 'examples', 'demo', 'docs'],
    mutator: { excludedMutations: ['StringLiteral'] }, // the wording of messages is not under test
    coverageAnalysis: 'perTest',
    ignoreStatic: true, // what is computed once when a module loads would cost a run of all tests each
    concurrency: 2,
    timeoutMS: 5000,
    reporters: ['clear-text', 'progress', 'json'],
    jsonReporter: { fileName: '.cache/stryker/report.json' },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    tsconfigFile: 'none', // it would be rewritten with an interface that TypeScript 7 no longer has
    tempDirName: '.cache/stryker/sandbox',
    thresholds: { high: 85, low: 70, break: null }
  })
)
run(process.execPath, [`${tools}/node_modules/@stryker-mutator/core/bin/stryker.js`, 'run', configuration])
