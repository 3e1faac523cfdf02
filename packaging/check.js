// Checks the package as npm delivers it: node packaging/check.js [part of a name]
import { mkdtemp, rm } from 'node:fs/promises'
import { inProduction } from './checks/bundler.js'
import { jest } from './checks/jest.js'
import { javaScript } from './checks/modules.js'
import { fromGit, noMapsMissing, pack, publint, typesAreRight } from './checks/pack.js'
import { installed } from './checks/project.js'
import { readmeRuns } from './checks/readme.js'
import { typeScript } from './checks/typescript.js'

const named = (what, checks) => checks.map(([name, check]) => [`${what} ${name}`, check])

const checks = [
  ['publint', publint],
  ['are the types wrong', typesAreRight],
  ['no reference to a source map', (tarball) => installed(tarball, {}, noMapsMissing)],
  ['JavaScript, both kinds of module', javaScript],
  ...named('README by', readmeRuns),
  ...named('TypeScript', typeScript),
  ...named('W34 jest,', jest),
  ...named('W35 in production by', inProduction),
  ['W33 from git', fromGit]
]

const folder = await mkdtemp('/tmp/packed-')
const wanted = process.argv[2] ?? ''
let failed = 0
try {
  const tarball = await pack(folder)
  console.log('ok    W33 npm pack builds')
  for (const [name, check] of checks.filter(([name]) => name.includes(wanted))) {
    const began = Date.now()
    try {
      await check(tarball)
      console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    } catch (error) {
      failed += 1
      console.log(`FAIL  ${name}\n${error.message}`)
    }
  }
} finally {
  await rm(folder, { recursive: true })
}
process.exitCode = failed === 0 ? 0 : 1
