import { join } from 'node:path'
import { installed, root, tool } from './project.js'

const modules = join(root, 'packaging/node_modules')

/** What a service's test does: a development server, a token, a clock that is held, an error, a verified token. */
const body = `
test('W34 a token in the default mode of jest', async () => {
  const clock = manualClock()
  const orders = { clientId: 'orders', clientSecret: 'secret' }
  const server = await startAuthorizationServer({ clock, clients: [{ ...orders, scope: ['read_user'], audience: ['users'] }] })
  const metadata = new URL(server.issuer + '/.well-known/oauth-authorization-server')
  const tokens = createTokenClient({ issuer: server.issuer, ...orders, metadata, clock })
  const { value, scope } = await tokens.getToken({ signal: new AbortController().signal })
  expect(scope).toEqual(['read_user'])
  expect((await accessTokenVerifier({ issuer: server.issuer, audience: 'users', clock }).verify('Bearer ' + value)).clientId).toBe('orders')
  await expect(tokens.getToken({ scope: 'no' })).rejects.toMatchObject({ code: 'ERR_INVALID_SCOPE' })
  await expect(tokens.getToken({ scope: 'no' })).rejects.toBeInstanceOf(TokenClientError)
  expect(() => createTokenClient({ issuer: 'x', ...orders })).toThrow('issuer')
  await clock.advance(13 * 3600000)
  expect((await tokens.getToken()).value).not.toBe(value)
  await tokens.close()
  await server.close()
})
`
const entries = [
  ['createTokenClient, TokenClientError', 'service-token-client'],
  ['startAuthorizationServer', 'service-token-client/authorization-server'],
  ['accessTokenVerifier', 'service-token-client/resource-server'],
  ['manualClock', 'service-token-client/testing']
]
const required = entries.map(([names, entry]) => `const { ${names} } = require('${entry}')`).join('\n')
const imported = entries.map(([names, entry]) => `import { ${names} } from '${entry}'`).join('\n')

const setUps = {
  plain: { file: 'a.test.js', head: required, config: {} },
  babel: {
    file: 'a.test.js',
    head: imported,
    config: {
      transform: {
        '\\.js$': [
          `${modules}/babel-jest`,
          { presets: [[`${modules}/@babel/preset-env`, { targets: { node: '20' } }]] }
        ]
      }
    }
  },
  'ES modules': {
    file: 'a.test.mjs',
    head: imported,
    config: { transform: {}, testMatch: ['**/a.test.mjs'] },
    env: { NODE_OPTIONS: '--experimental-vm-modules' }
  },
  jsdom: { file: 'a.test.js', head: required, config: { testEnvironment: `${modules}/jest-environment-jsdom` } },
  swc: { file: 'a.test.js', head: imported, config: { transform: { '\\.js$': [`${modules}/@swc/jest`, {}] } } },
  'ts-jest': {
    file: 'a.test.ts',
    head: imported,
    config: {
      transform: {
        '\\.ts$': [
          `${modules}/ts-jest`,
          {
            tsconfig: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '5.0', types: [] },
            diagnostics: false
          }
        ]
      }
    }
  }
}

/** W34: jest without a setting for ES modules. */
export const jest = Object.entries(setUps).map(([name, { file, head, config, env }]) => [
  name,
  (tarball) =>
    installed(tarball, { [file]: head + body, 'jest.config.json': { ...config, rootDir: '.' } }, (folder) =>
      tool('jest/bin/jest.js', ['--config', 'jest.config.json'], { cwd: folder, env: { NODE_ENV: '', ...env } })
    )
])
