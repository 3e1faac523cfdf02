import { equal, installed, run } from './project.js'

const client =
  "createTokenClient({ issuer: 'https://auth.internal', clientId: 'orders', clientSecret: 's' }).health().state"

/** JavaScript, as ES modules and as CommonJS; and both at once get one and the same module. */
export function javaScript(tarball) {
  const files = {
    'module.mjs': `import { createTokenClient } from 'service-token-client'\nconsole.log(${client})`,
    'common.cjs': `const { createTokenClient } = require('service-token-client')\nconsole.log(${client})`,
    'both.cjs': `import('service-token-client').then((module) =>
      console.log(module.TokenClientError === require('service-token-client').TokenClientError))`
  }
  return installed(tarball, files, async (folder) => {
    for (const file of ['module.mjs', 'common.cjs'])
      equal(file, (await run(process.execPath, [file], { cwd: folder })).trim(), 'idle')
    equal('one module', (await run(process.execPath, ['both.cjs'], { cwd: folder })).trim(), 'true')
    equal('the command', (await run('npx', ['service-token', '--version'], { cwd: folder })).trim().length > 0, true)
  })
}
