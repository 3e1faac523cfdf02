import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileStore } from '../../src/stores/file-store.ts'
import type { TokenStore } from '../../src/stores/token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { createTokenClient } from '../../src/token-client/token-client.ts'
import { loaded } from '../support/loaded.ts'

await loaded()

// The directories are real, and the clock is held, so that no answer of a busy disk is late.

const isRoot = process.getuid?.() === 0
const nobody = 65534

async function folder(mode = 0o755): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'store-faults-'))
  await chmod(path, mode)
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** What a user other than root does: root may write everywhere. */
async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  if (!isRoot) return work()
  process.setegid?.(nobody)
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/** A store that says when nothing more is being done in it: a token is written after its caller has got it. */
function watched(store: TokenStore) {
  const running = new Set<Promise<unknown>>()
  const watching = new Proxy(store, {
    get:
      (_, name: keyof TokenStore) =>
      (...given: never[]) => {
        const done: Promise<unknown> = (store[name] as (...given: never[]) => Promise<unknown>)(...given)
        running.add(done)
        const gone = () => running.delete(done)
        done.then(gone, gone)
        return done
      }
  })
  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.allSettled(running)
    await new Promise(setImmediate)
    if (running.size > 0) await idle()
  }
  return { store: watching, idle }
}

/** A service whose tokens are named after their scope, and what its client said of the store. */
function service(directory: string) {
  let asked = 0
  async function fetch(_: unknown, init?: RequestInit): Promise<Response> {
    asked += 1
    const scope = new URLSearchParams(String(init?.body)).get('scope')
    return Response.json({ access_token: `${scope}-${'x'.repeat(1500)}`, token_type: 'Bearer', expires_in: 43_200 })
  }
  const warnings: string[] = []

  /** An instance that starts cold. */
  function instance() {
    const { store, idle } = watched(fileStore({ directory }))
    const tokens = createTokenClient({
      tokenEndpoint: 'https://auth.internal/token',
      clientId: 'orders',
      clientSecret: 'secret',
      store,
      clock: manualClock(),
      sealingKey: Buffer.alloc(32, 1).toString('base64'),
      fetch: fetch as typeof globalThis.fetch
    })
    onTestFinished(() => tokens.close())
    tokens.on('warning', ({ code, message }) => warnings.push(`${code}: ${message}`))
    return async (scope: string) => {
      const { value } = await tokens.getToken({ scope })
      await idle()
      return value.split('-')[0]
    }
  }
  return { instance, warnings, asked: () => asked }
}

/** Every call gets its token, one warning says why the store is not used, and it is used again as soon as it can be. */
async function livesThrough(directory: string, reason: string, heal: () => unknown, as = asNobody): Promise<void> {
  const { instance, warnings, asked } = service(directory)
  const call = instance()
  await as(async () => {
    for (const scope of ['a', 'b', 'c', 'd']) expect(await call(scope)).toBe(scope)
    expect(await call('a')).toBe('a')
  })
  expect(asked()).toBe(4)
  expect(warnings).toEqual([expect.stringMatching(new RegExp(`^store_unavailable: .*${reason}`))])
  await heal()
  await as(async () => {
    expect(await call('e')).toBe('e')
    expect(await instance()('e')).toBe('e')
  })
  expect(asked(), 'the other instance has found the token').toBe(5)
  expect(warnings).toHaveLength(1)
  await onlyWhole(directory)
}

/** No draft is left, and each file is whole. */
async function onlyWhole(directory: string): Promise<void> {
  for (const file of await readdir(directory)) {
    expect(file).toMatch(/^[0-9a-f]+\.(lease|record\.\d+)$/)
    JSON.parse(await readFile(join(directory, file), 'utf8'))
  }
}

const asOneself = <Result>(work: () => Promise<Result>) => work()

describe('S5 a directory', () => {
  test('that this user may only read', async () => {
    const directory = await folder(0o555)
    await livesThrough(directory, 'EACCES', () => chmod(directory, 0o777))
  })

  test('that this user may not even look into', async () => {
    const directory = await folder(isRoot ? 0o700 : 0o000)
    await livesThrough(directory, 'EACCES', () => chmod(directory, 0o777))
  })

  test('that this user may not make', async () => {
    const parent = await folder(0o555)
    await livesThrough(join(parent, 'tokens'), 'EACCES', () => chmod(parent, 0o777))
  })

  test('that was made read-only keeps serving the tokens that are in it', async () => {
    const directory = await folder(0o777)
    const { instance, asked } = service(directory)
    await asNobody(() => instance()('a'))
    await chmod(directory, 0o555)
    expect(await asNobody(() => instance()('a'))).toBe('a')
    expect(asked()).toBe(1)
    await chmod(directory, 0o777)
  })
})

/** A file system of that many pages; undefined where this process may not mount one. */
async function fileSystem(pages: number): Promise<string | undefined> {
  const path = await folder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${pages * 4096}`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync('umount', [path]))
  return path
}

const hint = 'Only a process that may mount a file system can fill one.'

describe('S5 a file system', () => {
  test('that is full', async ({ skip }) => {
    const directory = (await fileSystem(16)) ?? skip(hint)
    await writeFile(join(directory, '0.lease'), '"'.padEnd(16 * 4096 - 1, 'x'), { mode: 0o644 }).catch(() => {})
    await livesThrough(directory, 'ENOSPC', () => rm(join(directory, '0.lease')), asOneself)
  })

  test('that has room for a lease and not for a token', async ({ skip }) => {
    const directory = (await fileSystem(16)) ?? skip(hint)
    await writeFile(join(directory, '0.lease'), '"'.padEnd(15 * 4096, 'x'))
    await livesThrough(directory, 'ENOSPC', () => rm(join(directory, '0.lease')), asOneself)
  })

  test('that became read-only, as one does after an error of the disk', async ({ skip }) => {
    const directory = (await fileSystem(16)) ?? skip(hint)
    const remount = (mode: string) => execFileSync('mount', ['-o', `remount,${mode}`, directory])
    remount('ro')
    await livesThrough(directory, 'EROFS', () => remount('rw'), asOneself)
  })
})

test('S5 a limit of the size of files leaves no half file', async ({ skip }) => {
  const directory = join(await folder(), 'tokens')
  await mkdir(directory)
  const limit = (bytes: string) => {
    try {
      execFileSync('prlimit', [`--fsize=${bytes}`, '--pid', String(process.pid)], { stdio: 'ignore' })
    } catch {
      skip('There is no prlimit here.')
    }
  }
  limit('1024:unlimited')
  onTestFinished(() => limit('unlimited:unlimited'))
  await livesThrough(directory, 'EFBIG', () => limit('unlimited:unlimited'), asOneself)
})
