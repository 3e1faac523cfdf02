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

test('the main entry reaches no file of a subpath', () => {
  const reached = [...reach(readSources('src'), 'src/index.ts', ['static', 'dynamic'])]
  const subpaths = ['authorization-server', 'resource-server', 'testing']
  expect(reached.filter((file) => subpaths.includes(room(file)))).toEqual([])
})

test('importing the main entry loads neither undici nor jose nor p-retry, and leaves the global dispatcher alone', async () => {
  const refusing = `export async function resolve(specifier, context, next) {
    if (['undici', 'jose', 'p-retry'].includes(specifier)) throw new Error(specifier + ' is loaded')
    return next(specifier, context)
  }`
  const printed = await evaluate(`
    import { register } from 'node:module'
    register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(refusing))})
    const slot = Symbol.for('undici.globalDispatcher.1')
    const untouched = globalThis[slot]
    const globals = Reflect.ownKeys(globalThis).length
    await import('service-token-client')
    console.log(globalThis[slot] === untouched, Reflect.ownKeys(globalThis).length === globals)
    await import('undici').catch(({ message }) => console.log(message))
  `)
  expect(printed).toBe('true true\nundici is loaded\n')
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
