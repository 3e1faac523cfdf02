import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fileStore } from '../../src/stores/file-store.ts'
import { tokenStoreContract } from '../../src/testing/index.ts'

const base = await mkdtemp(join(tmpdir(), 'file-store-'))
const directory = join(base, 'made', 'when-needed')
afterAll(() => rm(base, { recursive: true }))

test.for(tokenStoreContract(() => fileStore({ directory })))('$name', ({ run }) => run())

test('the directory and its files are for this user alone', async () => {
  const store = fileStore({ directory: join(base, 'private') })
  await store.write('name', { version: 1, data: 'x' }, 1000)
  await store.lease('name', { holder: 'a', life: 1000 })
  const modes = await Promise.all(
    (await readdir(join(base, 'private'))).map((file) => stat(join(base, 'private', file)))
  )
  expect((await stat(join(base, 'private'))).mode & 0o777).toBe(0o700)
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600])
})

test('earlier versions leave no files behind', async () => {
  const store = fileStore({ directory: join(base, 'tidy') })
  for (let version = 1; version <= 5; version++) await store.write('name', { version, data: 'x' }, 1000)
  for (let turn = 0; turn < 5; turn++) await store.lease('name', { holder: 'a', life: 1000 })
  await store.release('name', 'a')
  expect(await readdir(join(base, 'tidy'))).toHaveLength(1)
})

test('a name can hold anything that a file name cannot', async () => {
  const store = fileStore({ directory: join(base, 'names') })
  for (const name of ['../escape', 'a/b', '', '.', 'A', 'a', 'ü', '\0']) {
    await store.write(name, { version: 1, data: name }, 10_000)
    expect(await store.read(name)).toEqual({ version: 1, data: name })
  }
  expect((await readdir(base)).includes('escape')).toBe(false)
})

test('a file that holds something else is no record and no lease', async () => {
  const store = fileStore({ directory: join(base, 'garbage') })
  await store.write('name', { version: 1, data: 'x' }, 1000)
  await store.lease('name', { holder: 'a', life: 60_000 })
  for (const file of await readdir(join(base, 'garbage'))) await writeFile(join(base, 'garbage', file), '{"version":')
  expect(await store.read('name')).toBe(undefined)
  expect(await store.write('name', { version: 1, data: 'y' }, 1000)).toBe(true)
  expect(await store.lease('name', { holder: 'b', life: 1000 })).toEqual({ state: 'acquired' })
})

test("a directory that cannot be made is the store's error", async () => {
  await writeFile(join(base, 'file'), 'x')
  const store = fileStore({ directory: join(base, 'file') })
  await expect(store.lease('name', { holder: 'a', life: 1000 })).rejects.toThrow()
  await expect(store.write('name', { version: 1, data: 'x' }, 1000)).rejects.toThrow()
  expect(await readFile(join(base, 'file'), 'utf8')).toBe('x')
})

test.for([
  [undefined, 'fileStore options must be an object'],
  [{}, 'directory is missing'],
  [{ directory: '' }, 'directory is empty'],
  [{ directory: 7 }, 'directory must be a string'],
  [{ directory: '/x', path: '/y' }, 'path is not an option']
] as const)('wrong options of fileStore are named: %j', ([options, message]) => {
  expect(() => fileStore(options as never)).toThrow(message)
})
