import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build as bundle } from 'rolldown'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { tsc } from './compile.ts'
import { read } from './documented.ts'
import { reach, readSources, room, root } from './imports.ts'
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
function withoutPackages(names: readonly string[]): string {
  const hook = `export async function resolve(specifier, context, next) {
    if (!${JSON.stringify(names)}.includes(specifier)) return next(specifier, context)
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  return `import { register } from 'node:module'
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)})`
}

test('the main entry reaches no file of a subpath', () => {
  const reached = [...reach(readSources('src'), 'src/index.ts', ['static', 'dynamic'])]
  const subpaths = ['adapters', 'authorization-server', 'opentelemetry', 'resource-server', 'testing']
  expect(reached.filter((file) => subpaths.includes(room(file)))).toEqual([])
})

test('importing the main entry loads neither jose nor p-retry nor http, and leaves the process as it was', async () => {
  const printed = await evaluate(`
    ${withoutPackages(['undici', 'jose', 'p-retry'])}
    const slot = Symbol.for('undici.globalDispatcher.1')
    const untouched = globalThis[slot]
    const globals = Reflect.ownKeys(globalThis).length
    await import('service-token-client')
    console.log(globalThis[slot] === untouched, Reflect.ownKeys(globalThis).length === globals)
    const network = process.moduleLoadList.filter((name) => /^NativeModule (https?|tls|perf_hooks|timers.promises|_http_\\w+)$/.test(name))
    console.log(network)
  `)
  expect(printed).toBe('true true\n[]\n')
})

test('P9 tokens, createFetch, the verifier and the development server work where undici is not installed', async () => {
  const printed = await evaluate(`
    ${withoutPackages(['undici'])}
    const { createTokenClient } = await import('service-token-client')
    const { startAuthorizationServer } = await import('service-token-client/authorization-server')
    const { accessTokenVerifier } = await import('service-token-client/resource-server')
    const client = { clientId: 'orders', clientSecret: 's3cret' }
    const audience = 'https://users.internal'
    const server = await startAuthorizationServer({ clients: [{ ...client, scope: ['read'], audience: [audience] }] })
    const tokens = createTokenClient({ issuer: server.issuer, ...client })
    const verifier = accessTokenVerifier({ issuer: server.issuer, audience })
    const token = await tokens.getToken()
    const seen = async (_, { headers }) => Response.json(new Headers(headers).get('authorization') === 'Bearer ' + token.value)
    const call = tokens.createFetch({ origins: ['https://users.internal'] }, seen)
    console.log(token.scope, (await verifier.verify('Bearer ' + token.value)).clientId)
    console.log(await (await call('https://users.internal/')).json())
    await import('undici').catch(({ message }) => console.log(message))
    await Promise.all([tokens.close(), verifier.close(), server.close()])
  `)
  expect(printed).toBe("[ 'read' ] orders\ntrue\nCannot find package 'undici'\n")
})

test.each(Object.keys(packageJson.exports))('the entry %s of package.json resolves after a build', async (subpath) => {
  const specifier = subpath.replace(/^\./, packageJson.name)
  const attributes = specifier.endsWith('.json') ? ", { with: { type: 'json' } }" : ''
  expect(await evaluate(`console.log(Object.keys(await import('${specifier}'${attributes})).length > 0)`)).toBe(
    'true\n'
  )
})

const compilerOptions = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', 'false', '--types', 'node']

/** An entry that is made for a peer is imported by those who have it. */
const peerOf: Readonly<Record<string, string>> = { './opentelemetry': '@opentelemetry/api' }

test.each([
  ['an empty project', [], (subpath: string) => !(subpath in peerOf)],
  ['a project with OpenTelemetry', ['@opentelemetry/api'], (subpath: string) => subpath === './opentelemetry']
])(
  'a program of a user compiles in %s: the types name no package that is not installed with ours',
  async (_, peers, imported) => {
    const project = await mkdtemp(join(tmpdir(), 'project-'))
    onTestFinished(() => rm(project, { recursive: true }))
    const modules = join(project, 'node_modules')
    for (const name of ['dist', 'package.json'])
      await cp(join(built.folder, name), join(modules, packageJson.name, name), { recursive: true })
    for (const name of [...Object.keys(packageJson.dependencies), '@types/node', ...peers]) {
      await mkdir(dirname(join(modules, name)), { recursive: true })
      await symlink(join(root, 'node_modules', name), join(modules, name))
    }
    const program = Object.keys(packageJson.exports)
      .filter((subpath) => !subpath.endsWith('.json') && imported(subpath))
      .map((subpath, index) => `export * as entry${index} from '${subpath.replace(/^\./, packageJson.name)}'`)
    await writeFile(join(project, 'user.mts'), program.join('\n'))
    const compiled = promisify(execFile)(process.execPath, [tsc, ...compilerOptions, 'user.mts'], { cwd: project })
    await expect(compiled).resolves.toMatchObject({ stdout: '' })
  },
  20_000
)

test('W35 a bundle of a program that calls by createFetch has nothing of undici in it', async () => {
  const program = join(built.folder, 'program.js')
  const code = `import { createTokenClient } from 'service-token-client'
    export const call = (options, policy) => createTokenClient(options).createFetch(policy)`
  await writeFile(program, code)
  const { output } = await bundle({ input: program, platform: 'node', logLevel: 'silent', write: false })
  const chunks = output.filter((chunk) => chunk.type === 'chunk')
  const packages = chunks
    .flatMap(({ moduleIds }) => moduleIds)
    .map((id) => /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(id)?.[1])
  expect(packages).toContain('jose')
  expect(packages).not.toContain('undici')
  for (const { imports, dynamicImports } of chunks) expect([...imports, ...dynamicImports]).not.toContain('undici')
}, 20_000)

test.each(['undici', 'undici8'])(
  'the types fit %s, on either side',
  async (undici) => {
    const program = `
    import { createTokenClient } from 'service-token-client'
    import { Agent, type Dispatcher, interceptors, MockAgent, request } from '${undici}'
    const client = { tokenEndpoint: 'https://auth.internal/token', clientId: 'orders', clientSecret: 's' }
    for (const dispatcher of [new Agent(), new MockAgent(), new Agent().compose(interceptors.retry())])
      createTokenClient({ ...client, dispatcher })
    const interceptor = createTokenClient(client).interceptor({ origins: ['https://users.internal'] })
    const typed: Dispatcher.DispatcherComposeInterceptor = interceptor
    const dispatcher = new Agent().compose(interceptors.retry(), interceptor).compose([typed])
    await request('https://users.internal', { dispatcher })
    // @ts-expect-error: not a dispatcher
    createTokenClient({ ...client, dispatcher: { dispatch: 1 } })
    // @ts-expect-error: not an origin
    interceptor.explain(1)
  `
    await writeFile(join(built.folder, 'user.mts'), program)
    const options = compilerOptions.map((option) => (option === 'false' ? 'true' : option)) // the types of undici 8 want a newer @types/node
    await expect(built.run(process.execPath, [tsc, '--ignoreConfig', ...options, 'user.mts'])).resolves.toBe('')
    await rm(join(built.folder, 'user.mts'))
  },
  20_000
)

interface Packed {
  readonly files: readonly { readonly path: string }[]
}

async function packed(...options: string[]): Promise<string[]> {
  const [{ files } = { files: [] }]: Packed[] = JSON.parse(await built.run('npm', ['pack', '--json', ...options]))
  return files.map(({ path }) => path)
}

test('the packed package holds dist, its papers and its pages, and nothing else', async () => {
  const paths = await packed('--dry-run', '--ignore-scripts')
  const papers = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md']
  const tops = new Set(paths.map((path) => path.split('/')[0]))
  expect([...tops].toSorted()).toEqual([...papers, 'dist', 'docs', 'examples', 'package.json'])
  expect(
    paths.filter((path) => path.startsWith('dist/') && !/\.(c?js|d\.c?ts)$|^dist\/console\/page\.css$/.test(path))
  ).toEqual([])
})

/** Pictures are not in the package, because they would be a fifth of its size and the text beside them says the same. */
const picture = /\.(png|svg)$/

test('every link of a packed page to a file leads to one that is packed as well, and no picture is packed', async () => {
  const paths = await packed('--dry-run', '--ignore-scripts')
  const links = paths
    .filter((path) => path.endsWith('.md'))
    .flatMap((page) =>
      Array.from(read(page).matchAll(/\]\(([^)#:\s]+)[^):]*\)/g), ([, target = '']) => ({ page, target }))
    )
  expect(links.length).toBeGreaterThan(50)
  expect(paths.filter((path) => picture.test(path))).toEqual([])
  const isPacked = (target: string) => paths.some((path) => path === target || path.startsWith(`${target}/`))
  expect(links.filter(({ page, target }) => !picture.test(target) && !isPacked(join(dirname(page), target)))).toEqual(
    []
  )
})

test('no file of dist names a source map: there is none', async () => {
  const files = (await packed('--dry-run', '--ignore-scripts')).filter((path) => path.startsWith('dist/'))
  const texts = await Promise.all(files.map((file) => readFile(join(built.folder, file), 'utf8')))
  expect(files.filter((_, index) => texts[index]?.includes('sourceMappingURL'))).toEqual([])
})

test('W33 npm pack builds what is not built, and an installation from git does as well', async () => {
  await rm(join(built.folder, 'dist'), { recursive: true })
  await built.run(process.execPath, ['scripts/prepare.js'])
  expect(await readdir(join(built.folder, 'dist'))).toContain('index.js')
  await rm(join(built.folder, 'dist'), { recursive: true })
  expect(await packed('--pack-destination', built.folder)).toContain('dist/index.js')
  expect(packageJson.scripts).toMatchObject({ prepare: 'node scripts/prepare.js', prepack: 'npm run --silent build' })
}, 60_000)

test.each(Object.entries(packageJson.exports))(
  'W34 what jest requires for the entry %s is the entry itself',
  async (subpath, entry) => {
    if (typeof entry === 'string') return
    const code = `
    import { createRequire } from 'node:module'
    import vm from 'node:vm'
    import { readFileSync } from 'node:fs'
    // As a test runner does it: a context of its own, and a require that loads no ES module.
    const file = ${JSON.stringify(join(built.folder, entry.require.default))}
    const sandbox = vm.createContext({ module: { exports: {} }, __filename: file, require: createRequire(file) })
    vm.runInContext(readFileSync(file, 'utf8'), sandbox)
    const entry = await import(${JSON.stringify(subpath.replace(/^\./, packageJson.name))})
    console.log(Object.keys(entry).length > 0, Object.keys(entry).every((name) => sandbox.module.exports[name] === entry[name]))`
    expect(await evaluate(code)).toBe('true true\n')
  }
)

test('Node itself gets one module, whether it is imported or required', async () => {
  const code = `
    import { createRequire } from 'node:module'
    const entry = await import('service-token-client')
    const required = createRequire(import.meta.url)('service-token-client')
    console.log(required.TokenClientError === entry.TokenClientError)`
  expect(await evaluate(code)).toBe('true\n')
})

test("W36 README's first block of JavaScript runs as it stands, and prints what it says", async () => {
  const [, block = ''] = /```js\n([\s\S]*?)```/.exec(read('README.md')) ?? []
  await writeFile(join(built.folder, 'first.mjs'), block)
  const [, printed] = /^\/\/ prints: (.*)$/m.exec(block) ?? []
  expect(await built.run(process.execPath, ['first.mjs'])).toBe(`${printed}\n`)
})
