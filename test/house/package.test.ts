import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { tsc } from './compile.ts'
import { reach, readSources, room } from './imports.ts'
import { type BuiltPackage, buildPackage } from './package.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

function evaluate(code: string): Promise<string> {
  return built.run(process.execPath, ['--input-type=module', '--eval', code])
}

/** Code that makes the packages look as if nobody had installed them. */
function withoutPackages(names: readonly string[], times = 9): string {
  const hook = `let left = ${times}
  export async function resolve(specifier, context, next) {
    if (!${JSON.stringify(names)}.includes(specifier) || left-- <= 0) return next(specifier, context)
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  return `import { register } from 'node:module'
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)})`
}

test('the main entry reaches no file of a subpath', () => {
  const reached = [...reach(readSources('src'), 'src/index.ts', ['static', 'dynamic'])]
  const subpaths = ['authorization-server', 'resource-server', 'testing']
  expect(reached.filter((file) => subpaths.includes(room(file)))).toEqual([])
})

test('importing the main entry loads neither undici nor jose nor p-retry, and leaves the global dispatcher alone', async () => {
  const printed = await evaluate(`
    ${withoutPackages(['undici', 'jose', 'p-retry'])}
    const slot = Symbol.for('undici.globalDispatcher.1')
    const untouched = globalThis[slot]
    const globals = Reflect.ownKeys(globalThis).length
    await import('service-token-client')
    console.log(globalThis[slot] === untouched, Reflect.ownKeys(globalThis).length === globals)
    await import('undici').catch(({ message }) => console.log(message))
  `)
  expect(printed).toBe("true true\nCannot find package 'undici'\n")
})

test('without undici the first token is refused for good, by its name and with what to do', async () => {
  const printed = await evaluate(`
    ${withoutPackages(['undici'])}
    const { createTokenClient } = await import('service-token-client')
    const options = { tokenEndpoint: 'http://127.0.0.1:9/token', clientId: 'orders', clientSecret: 's3cret' }
    const told = ({ code, transient, message, cause }) => console.log(code, transient, message, '|', cause.message)
    await createTokenClient(options).getToken().catch(told)
    const answer = async () => Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 60 })
    console.log((await createTokenClient({ ...options, fetch: answer }).getToken()).value)
  `)
  expect(printed).toMatch(
    /^ERR_MISSING_OPTION false The peer dependency undici cannot be loaded.*npm install undici.*\| Cannot find package 'undici'\na\n$/
  )
})

test('undici that could not be loaded once is loaded at the next try, after the minute that a permanent failure waits', async () => {
  const printed = await evaluate(`
    ${withoutPackages(['undici'], 1)}
    const { createTokenClient } = await import('service-token-client')
    const { startAuthorizationServer } = await import('service-token-client/authorization-server')
    const { manualClock } = await import('service-token-client/testing')
    const clock = manualClock()
    const client = { clientId: 'orders', clientSecret: 's3cret' }
    const { tokenEndpoint, close } = await startAuthorizationServer({ clients: [{ ...client, scope: ['read'] }], clock })
    const tokens = createTokenClient({ tokenEndpoint, ...client, clock })
    console.log(await tokens.getToken().catch(({ code }) => code))
    await clock.advance(60_000)
    console.log((await tokens.getToken()).scope)
    await tokens.close()
    await close()
  `)
  expect(printed).toBe("ERR_MISSING_OPTION\n[ 'read' ]\n")
})

test.each(Object.keys(packageJson.exports))('the entry %s of package.json resolves after a build', async (subpath) => {
  const specifier = subpath.replace(/^\./, packageJson.name)
  const attributes = specifier.endsWith('.json') ? ", { with: { type: 'json' } }" : ''
  expect(await evaluate(`console.log(Object.keys(await import('${specifier}'${attributes})).length > 0)`)).toBe(
    'true\n'
  )
})

test('a program of a user compiles against the types in the package: none that it leads to is missing', async () => {
  const program = Object.keys(packageJson.exports)
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath, index) => `export * as entry${index} from '${subpath.replace(/^\./, packageJson.name)}'`)
  await writeFile(join(built.folder, 'user.ts'), program.join('\n'))
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', 'false', '--types', 'node']
  await expect(built.run(process.execPath, [tsc, '--ignoreConfig', ...options, 'user.ts'])).resolves.toBe('')
  await rm(join(built.folder, 'user.ts'))
}, 20_000)

test('the packed package holds dist and its papers, and nothing else', async () => {
  const [packed] = JSON.parse(await built.run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']))
  const paths: string[] = packed.files.map(({ path }: { path: string }) => path)
  const tops = new Set(paths.map((path) => path.split('/')[0]))
  expect([...tops].toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json'])
  expect(paths.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)$/.test(path))).toEqual([])
})
