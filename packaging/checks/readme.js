import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equal, project, root, run, tool } from './project.js'

const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The first block of code that is JavaScript: to be copied into a file that ends in `.mjs`. */
export const firstBlock = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
const printed = /^\/\/ prints: (.*)$/m.exec(firstBlock)?.[1]

const common = "console.log(typeof require('service-token-client').createTokenClient)"

const managers = {
  npm: (folder, tarball) => run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder }),
  pnpm: (folder, tarball) =>
    tool('pnpm/bin/pnpm.cjs', ['add', `file:${tarball}`], { cwd: folder, env: { CI: 'true' } }),
  'yarn, with node_modules': (folder, tarball) => yarn(folder, tarball, 'node-modules'),
  'yarn, with Plug and Play': (folder, tarball) => yarn(folder, tarball, 'pnp')
}

async function yarn(folder, tarball, nodeLinker) {
  const registry = (await run('npm', ['config', 'get', 'registry'])).trim()
  const env = {
    YARN_NODE_LINKER: nodeLinker,
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname,
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_GLOBAL_FOLDER: `${folder}/.yarn-global`
  }
  await tool('@yarnpkg/cli-dist/bin/yarn.js', ['add', `service-token-client@file:${tarball}`], { cwd: folder, env })
}

/** W36: README's first block runs as it stands, whoever has installed the package. */
export const readmeRuns = Object.entries(managers).map(([manager, install]) => [
  manager,
  (tarball) =>
    project({ 'package.json': { private: true }, 'first.mjs': firstBlock, 'common.cjs': common }, async (folder) => {
      await install(folder, tarball)
      const plugAndPlay = manager.endsWith('Play') ? ['--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs'] : []
      const printedBy = async (file) => (await run(process.execPath, [...plugAndPlay, file], { cwd: folder })).trim()
      equal('what README says is printed', await printedBy('first.mjs'), printed)
      // The loader of Plug and Play does not see what Node's own require loads from an ES module, of whatever package.
      if (plugAndPlay.length === 0) equal('with require', await printedBy('common.cjs'), 'function')
    })
])
