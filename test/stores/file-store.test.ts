import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { fileStore } from '../../src/stores/file-store.ts'
import { type TokenStore, tokenStoreContract } from '../../src/testing/index.ts'

const base = await mkdtemp(join(tmpdir(), 'file-store-'))
const directory = join(base, 'made', 'when-needed')
afterAll(() => rm(base, { recursive: true }))

test.for(tokenStoreContract(() => fileStore({ directory })))('$name', ({ run }) => run())

test('the directory and its files are for this user alone', async () => {
  const store = fileStore({ directory: join(base, 'private') })
  await store.write('name', { version: 1, data: 'x' }, 60_000)
  await store.lease('name', { holder: 'a', life: 60_000 })
  const modes = await Promise.all(
    (await readdir(join(base, 'private'))).map((file) => stat(join(base, 'private', file)))
  )
  expect((await stat(join(base, 'private'))).mode & 0o777).toBe(0o700)
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600])
})

test('earlier versions leave no files behind', async () => {
  const store = fileStore({ directory: join(base, 'tidy') })
  for (let version = 1; version <= 5; version++) await store.write('name', { version, data: 'x' }, 60_000)
  for (let turn = 0; turn < 5; turn++) await store.lease('name', { holder: 'a', life: 60_000 })
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
  await store.write('name', { version: 1, data: 'x' }, 60_000)
  await store.lease('name', { holder: 'a', life: 60_000 })
  for (const file of await readdir(join(base, 'garbage'))) await writeFile(join(base, 'garbage', file), '{"version":')
  expect(await store.read('name')).toBe(undefined)
  expect(await store.write('name', { version: 1, data: 'y' }, 60_000)).toBe(true)
  expect(await store.lease('name', { holder: 'b', life: 60_000 })).toEqual({ state: 'acquired' })
})

test("a directory that cannot be made is the store's error", async () => {
  await writeFile(join(base, 'file'), 'x')
  const store = fileStore({ directory: join(base, 'file') })
  await expect(store.lease('name', { holder: 'a', life: 60_000 })).rejects.toThrow()
  await expect(store.write('name', { version: 1, data: 'x' }, 60_000)).rejects.toThrow()
  expect(await readFile(join(base, 'file'), 'utf8')).toBe('x')
})

test('a directory that somebody removes is made again', async () => {
  const store = fileStore({ directory: join(base, 'removed') })
  expect(await store.write('name', { version: 1, data: 'x' }, 60_000)).toBe(true)
  await rm(join(base, 'removed'), { recursive: true })
  expect(await store.read('name')).toBe(undefined)
  expect(await store.lease('name', { holder: 'a', life: 60_000 })).toEqual({ state: 'acquired' })
  expect(await store.write('name', { version: 1, data: 'y' }, 60_000)).toBe(true)
  expect(await store.read('name')).toEqual({ version: 1, data: 'y' })
})

test('a directory is the one that it was when the store was made', async () => {
  const before = process.cwd
  process.cwd = () => base
  onTestFinished(() => {
    process.cwd = before
  })
  const store = fileStore({ directory: 'relative' })
  process.cwd = before
  await store.write('name', { version: 1, data: 'x' }, 60_000)
  expect(await readdir(join(base, 'relative'))).toHaveLength(1)
})

test('a directory by a symbolic link is used', async () => {
  await mkdir(join(base, 'linked-to'))
  await symlink(join(base, 'linked-to'), join(base, 'link'))
  await fileStore({ directory: join(base, 'link') }).write('name', { version: 1, data: 'x' }, 60_000)
  expect(await readdir(join(base, 'linked-to'))).toHaveLength(1)
})

const strange: Readonly<Record<string, (file: string) => unknown>> = {
  'a pipe': (file) => execFileSync('mkfifo', [file]),
  'a symbolic link to a device that never ends': (file) => symlink('/dev/zero', file),
  'a symbolic link in a circle': (file) => symlink(file, file),
  'a file of two megabytes': (file) => writeFile(file, JSON.stringify({ version: 1, data: 'x'.repeat(2_000_000) })),
  'an empty file': (file) => writeFile(file, ''),
  'a list': (file) => writeFile(file, '[]'),
  'a record without an end': (file) => writeFile(file, '{"version":1,"data":"x"}')
}

test.for(Object.entries(strange))(
  '%s in the place of a record and of a lease is neither, and gives way',
  async ([what, put]) => {
    const directory = join(base, `strange ${what}`)
    const store = fileStore({ directory })
    await store.write('name', { version: 1, data: 'x' }, 60_000)
    await store.lease('name', { holder: 'a', life: 60_000 })
    for (const file of await readdir(directory)) {
      await rm(join(directory, file))
      await put(join(directory, file))
    }
    expect(await store.read('name')).toBe(undefined)
    expect(await store.lease('name', { holder: 'b', life: 60_000 })).toEqual({ state: 'acquired' })
    expect(await store.write('name', { version: 1, data: 'y' }, 60_000)).toBe(true)
    expect(await store.read('name')).toEqual({ version: 1, data: 'y' })
  }
)

test('a file whose name only looks like that of a record is passed over', async () => {
  const directory = join(base, 'foreign')
  const store = fileStore({ directory })
  await store.write('name', { version: 3, data: 'x' }, 60_000)
  const [file = ''] = await readdir(directory)
  for (const name of ['x', '', '1e999', '-1', '4.bak']) await writeFile(join(directory, file.replace(/3$/, name)), '{}')
  expect(await store.read('name')).toEqual({ version: 3, data: 'x' })
  expect(await store.write('name', { version: 4, data: 'y' }, 60_000)).toBe(true)
  expect(await store.read('name')).toEqual({ version: 4, data: 'y' })
})

test('what another process is writing stays, although the clock of this one is two hours ahead of the file server', async () => {
  const directory = join(base, 'behind')
  const store = fileStore({ directory })
  await store.write('name', { version: 1, data: 'x' }, 60_000)
  const draft = join(directory, `.${randomUUID()}`)
  await writeFile(draft, '{"vers')
  const ahead = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 3_600_000)
  onTestFinished(() => ahead.mockRestore())
  await store.write('name', { version: 2, data: 'y' }, 60_000)
  expect((await stat(draft)).isFile()).toBe(true)
})

test('what a process that died has left half done goes after an hour', async () => {
  const directory = join(base, 'half-done')
  const store = fileStore({ directory })
  await store.write('name', { version: 1, data: 'x' }, 60_000)
  const [old, young] = [join(directory, `.${randomUUID()}`), join(directory, `.${randomUUID()}`)]
  const foreign = join(directory, '.gitignore')
  for (const file of [old, young, foreign]) await writeFile(file, '{"vers')
  const twoHoursAgo = (await stat(young)).mtimeMs / 1000 - 7200
  for (const file of [old, foreign]) await utimes(file, twoHoursAgo, twoHoursAgo)
  await store.write('name', { version: 2, data: 'y' }, 60_000)
  const left = (await readdir(directory)).map((file) => join(directory, file))
  expect([left.includes(old), left.includes(young), left.includes(foreign)]).toEqual([false, true, true])
})

/** What each of eight stores comes to that begin one after another, each a turn of the event loop later. */
function nearlyAtOnce<T>(directory: string, act: (store: TokenStore, index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      for (let turn = 0; turn < index; turn += 1) await new Promise(setImmediate)
      return act(fileStore({ directory }), index)
    })
  )
}

test('of equal versions written nearly at once over one that has ended, one is kept', async () => {
  const directory = join(base, 'records')
  const store = fileStore({ directory })
  for (let round = 0; round < 60; round += 1) {
    const name = `round-${round}`
    await store.write(name, { version: 1, data: 'ended' }, 1)
    await pause(3) // in real time, because expiry is compared with the clock of the machine
    const kept = await nearlyAtOnce(directory, (one, index) =>
      one.write(name, { version: 1, data: `${index}` }, 60_000)
    )
    expect(kept.filter(Boolean)).toHaveLength(1)
    expect((await store.read(name))?.data).toBe(`${kept.indexOf(true)}`)
  }
})

test('of holders that take a lease nearly at once that has ended, one gets it', async () => {
  const directory = join(base, 'leases')
  for (let round = 0; round < 60; round += 1) {
    const name = `round-${round}`
    await fileStore({ directory }).lease(name, { holder: 'dead', life: 1 })
    await pause(3) // in real time, because expiry is compared with the clock of the machine
    const leases = await nearlyAtOnce(directory, (one, index) => one.lease(name, { holder: `${index}`, life: 60_000 }))
    expect(leases.filter(({ state }) => state === 'acquired')).toHaveLength(1)
  }
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
