import { join } from 'node:path'
import { equal, installed, root, run } from './project.js'

const program = `
import { startAuthorizationServer } from 'service-token-client/authorization-server'
startAuthorizationServer({ clients: [] }).then(
  (server) => { console.log('started'); server.close() },
  (error) => console.log(error.message.includes('NODE_ENV') ? 'refused' : error.message)
)
`

const bundlers = { webpack: 'webpack/lib/index.js', rspack: '@rspack/core/dist/index.js' }

/** W35: a bundler writes its own mode into process.env.NODE_ENV; what counts is the environment that the program runs in. */
export const inProduction = Object.entries(bundlers).map(([name, file]) => [
  name,
  (tarball) => bundledBy(file, tarball)
])

function bundledBy(file, tarball) {
  const files = {
    'program.mjs': program,
    'build.mjs': build(join(root, 'packaging/node_modules', file))
  }
  return installed(tarball, files, async (folder) => {
    await run(process.execPath, ['build.mjs'], { cwd: folder })
    const started = (NODE_ENV) => run(process.execPath, ['out/main.cjs'], { cwd: folder, env: { NODE_ENV } })
    equal('outside production', (await started('')).trim(), 'started')
    equal('in production', (await started('production')).trim(), 'refused')
  })
}

function build(bundler) {
  return `
import bundle from '${bundler}'
const settings = { mode: 'production', target: 'node20', entry: './program.mjs', output: { path: process.cwd() + '/out', filename: 'main.cjs' } }
bundle(settings, (error, stats) => {
  if (error ?? stats.hasErrors()) { console.log(error ?? stats.toString()); process.exitCode = 1 }
})`
}
