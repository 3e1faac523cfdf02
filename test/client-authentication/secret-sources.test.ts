import { mkdtempSync, promises, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { assertionFile } from '../../src/client-authentication/assertion.ts'
import type { ClientAuthentication } from '../../src/client-authentication/client-authentication.ts'
import { clientSecretPost } from '../../src/client-authentication/client-secret-post.ts'
import { privateKeyJwt } from '../../src/client-authentication/private-key-jwt.ts'
import { tlsClientAuth } from '../../src/client-authentication/tls-client-auth.ts'
import { present } from './draft.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-'))
  file = join(folder, 'secret')
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  delete process.env.ORDER_SECRET
})

async function sent(authentication: ClientAuthentication) {
  const { form, warnings } = await present(authentication)
  return [form.get('client_secret'), ...warnings]
}

test.each([
  ['s3cret', 's3cret'],
  ['s3cret\n', 's3cret'],
  ['s3cret\r\n', 's3cret'],
  ['é', 'é']
])('X1 X9 of the content %j exactly one line end is removed', async (content, secret) => {
  writeFileSync(file, content)
  process.env.ORDER_SECRET = content
  expect(await sent(clientSecretPost({ file }))).toEqual([secret])
  expect(await sent(clientSecretPost({ env: 'ORDER_SECRET' }))).toEqual([secret])
})

test('X1 other whitespace is kept, and reported once', async () => {
  writeFileSync(file, ' s3cret \n')
  const authentication = clientSecretPost({ file })
  expect(await sent(authentication)).toEqual([' s3cret ', 'secret_has_whitespace'])
  expect(await sent(authentication)).toEqual([' s3cret '])
})

test.each<[string, string | Buffer, string]>([
  ['X2', '', 'is empty'],
  ['X2', '\n', 'is empty'],
  ['X2', ' \n', 'only whitespace'],
  ['X8', '\ufeffs3cret', 'byte order mark'],
  ['X8', Buffer.from('\ufeffs3cret', 'utf16le'), 'is not UTF-8'],
  ['X8', Buffer.from('s3cret', 'utf16le'), 'UTF-16'],
  ['X8', Buffer.from([0x73, 0xe9]), 'is not UTF-8'],
  ['X8', 's3cret\n\n', 'line break'],
  ['X8', 's'.repeat(65_537), '65536 bytes']
])('%s a file with %j is refused at construction, by its name and not its content', (_, content, reason) => {
  writeFileSync(file, content)
  const refusal = refusalOf(() => clientSecretPost({ file }))
  expect(refusal).toMatchObject({ name: 'ClientConfigurationError', code: 'ERR_INVALID_OPTION' })
  expect(refusal.message).toContain(file)
  expect(refusal.message).toContain(reason)
  expect(inspect(refusal).replaceAll(folder, '')).not.toContain('s3') // a folder's random name can hold anything
})

test('X2 a file that is not there, or is a folder, is refused at construction', () => {
  expect(refusalOf(() => clientSecretPost({ file })).message).toContain('ENOENT')
  expect(refusalOf(() => clientSecretPost({ file: folder })).message).toContain('not a regular file')
})

test('X2 an environment variable that is empty or not set is refused at construction', () => {
  expect(refusalOf(() => clientSecretPost({ env: 'ORDER_SECRET' })).message).toContain(
    'clientSecret.env names a variable that is not set'
  )
  process.env.ORDER_SECRET = ''
  expect(refusalOf(() => clientSecretPost({ env: 'ORDER_SECRET' })).message).toContain('is empty')
})

test('X12 with remove the variable leaves the environment, and the secret stays', async () => {
  process.env.ORDER_SECRET = 's3cret'
  const authentication = clientSecretPost({ env: 'ORDER_SECRET', remove: true })
  expect(process.env.ORDER_SECRET).toBeUndefined()
  expect(await sent(authentication)).toEqual(['s3cret'])
})

test.each<[string, (env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv]>([
  ['is frozen', (env) => Object.freeze({ ...env })],
  ['refuses', (env) => new Proxy(env, { deleteProperty: () => false })],
  ['only pretends', (env) => new Proxy(env, { deleteProperty: () => true })],
  ['inherits the variable', (env) => Object.assign(Object.create(env), env)]
])('W27 X12 remove is refused where the environment %s', (_, replaced) => {
  const { env } = process
  env.ORDER_SECRET = 's3cret'
  process.env = replaced(env)
  const refusal = refusalOf(() => clientSecretPost({ env: 'ORDER_SECRET', remove: true }))
  process.env = env
  expect(refusal).toMatchObject({
    code: 'ERR_INVALID_OPTION',
    message: expect.stringContaining('clientSecret.remove cannot remove a variable from this environment.')
  })
})

test('W27 X12 a variable that a client has removed is not there for the next one, and the error says so', () => {
  process.env.ORDER_SECRET = 's3cret'
  clientSecretPost({ env: 'ORDER_SECRET', remove: true })
  const { message } = refusalOf(() => clientSecretPost({ env: 'ORDER_SECRET', remove: true }))
  expect(message).toContain('was not removed')
})

test('X5 a variable that changes is seen by the next request', async () => {
  process.env.ORDER_SECRET = 'old'
  const authentication = clientSecretPost({ env: 'ORDER_SECRET' })
  process.env.ORDER_SECRET = 'new'
  expect(await sent(authentication)).toEqual(['new'])
})

test('X5 X3 a symlink swap, as the kubelet does it, is seen by the next request', async () => {
  const [first, second] = [join(folder, '..1'), join(folder, '..2')]
  writeFileSync(first, 'old\n')
  writeFileSync(second, 'new\n')
  symlinkSync(first, file)
  const authentication = clientSecretPost({ file })
  expect(await sent(authentication)).toEqual(['old'])
  symlinkSync(second, join(folder, '..tmp'))
  renameSync(join(folder, '..tmp'), file)
  unlinkSync(first)
  expect(await sent(authentication)).toEqual(['new'])
})

test.each<[string, string, (path: string) => void]>([
  ['X3', 'is gone', (path) => unlinkSync(path)],
  ['X2', 'is empty', (path) => writeFileSync(path, '')],
  ['X8', 'was written as UTF-16', (path) => writeFileSync(path, 'new', 'utf16le')]
])(
  '%s while the file %s the last good secret stays, with a warning, and then the new one is used',
  async (_, _state, spoil) => {
    writeFileSync(file, 'old')
    const authentication = clientSecretPost({ file })
    spoil(file)
    expect(await sent(authentication)).toEqual(['old', 'secret_unavailable'])
    writeFileSync(file, 'new')
    expect(await sent(authentication)).toEqual(['new'])
  }
)

test('X4 while a file is rewritten again and again, no half of it is used', async () => {
  const whole = ['a'.repeat(60_000), 'b'.repeat(60_000)]
  await writeFile(file, 'old')
  const authentication = clientSecretPost({ file })
  let writing = true
  const writer = (async () => {
    while (writing) for (const content of whole) await writeFile(file, content)
  })()
  for (let reading = 0; reading < 50; reading++) {
    const [secret] = await sent(authentication)
    expect(['old', ...whole].includes(secret ?? '')).toBe(true)
  }
  writing = false
  await writer
})

/** Changes the file in the middle of a read, before and after its bytes are taken. Counts the reads, and those left open. */
function meddle(readings: readonly { readonly before: () => void; readonly after: () => void }[]) {
  const { open } = promises
  const left = [...readings]
  const count = { readings: 0, open: 0 }
  const spied = vi.spyOn(promises, 'open').mockImplementation(async (...given) => {
    const handle = await open(...given)
    count.readings += 1
    count.open += 1
    const close = handle.close.bind(handle)
    handle.close = async () => {
      count.open -= 1
      await close()
    }
    const reading = left.shift()
    if (reading === undefined) return handle
    const readFile = handle.readFile.bind(handle)
    handle.readFile = (async () => {
      reading.before()
      const bytes = await readFile()
      reading.after()
      return bytes
    }) as typeof handle.readFile
    return handle
  })
  onTestFinished(() => spied.mockRestore())
  return count
}

function writeAt(time: number, content: string): void {
  writeFileSync(file, content)
  utimesSync(file, new Date(time), new Date(time))
}

test('X4 a file that grows while it is read is read again', async () => {
  writeAt(0, 'old')
  const authentication = clientSecretPost({ file })
  meddle([{ before: () => writeAt(1000, 'ha'), after: () => writeAt(2000, 'half and the rest') }])
  expect(await sent(authentication)).toEqual(['half and the rest'])
})

test('X4 a file that is written twice within one tick of its clock is read until it is twice the same', async () => {
  const soon = Date.now() + 3_600_000 // so that it counts as just written, however slow this test is
  writeAt(soon, 'aaaa')
  const authentication = clientSecretPost({ file })
  meddle([{ before: () => writeAt(soon, 'aabb'), after: () => writeAt(soon, 'bbbb') }])
  expect(await sent(authentication)).toEqual(['bbbb'])
})

test('X4 while a file changes all the time, the last good secret stays in use, and no file stays open', async () => {
  writeAt(0, 'old')
  const authentication = clientSecretPost({ file })
  const again = { before: () => writeAt(1000, 'ha'), after: () => writeAt(2000, 'half') }
  const count = meddle(Array.from({ length: 9 }, () => again))
  expect(await sent(authentication)).toEqual(['old', 'secret_unavailable'])
  expect(count).toEqual({ readings: 5, open: 0 })
})

const value = 'marker/secret-41d0'

test('W26 a secret where the name of its variable belongs is not repeated, and the name is told', () => {
  process.env.ORDER_SECRET = value
  const { message } = refusalOf(() => clientSecretPost({ env: value }))
  expect(message).toContain("Give { env: 'ORDER_SECRET' }")
  expect(message).not.toContain('marker')
})

const pathOptions: readonly [string, (path: string) => unknown][] = [
  ['a secret', (path) => clientSecretPost({ file: path })],
  ['a key', (path) => privateKeyJwt({ key: { file: path } })],
  ['a certificate', (path) => tlsClientAuth({ certFile: path, keyFile: path })],
  ['the key of a certificate', (path) => privateKeyJwt({ key: { certFile: path, keyFile: path } })]
]

test.each(pathOptions)('W26 %s where its path belongs is not repeated, whatever it looks like', (_, attempt) => {
  process.env.ORDER_SECRET = value
  const key = '-----BEGIN PRIVATE KEY-----\nmarker\n-----END PRIVATE KEY-----'
  for (const given of [value, `/${value}`, `${folder}/marker`, 'marker', key]) {
    const { message } = refusalOf(() => attempt(given))
    expect(message).toContain('ENOENT')
    expect(message).not.toContain('marker')
  }
  expect(refusalOf(() => attempt(value)).message).toContain('in the environment variable ORDER_SECRET')
})

test('W26 the folder that is there is told, and a file that cannot be read by its path', () => {
  expect(refusalOf(() => clientSecretPost({ file: `${folder}/marker` })).message).toContain(`not in ${folder} of`)
  writeFileSync(file, '')
  expect(refusalOf(() => clientSecretPost({ file })).message).toContain(`The file ${file} of clientSecret is empty`)
})

test('W26 X3 a file that was read once is told by its path when it is gone', async () => {
  writeFileSync(file, 'old')
  const authentication = clientSecretPost({ file })
  unlinkSync(file)
  const warnings: string[] = []
  await present(authentication, { warn: (_, message) => void warnings.push(message) })
  expect(warnings).toEqual([expect.stringContaining(`The file ${file} of clientSecret cannot be read (ENOENT)`)])
})

test('W26 an assertion where the path of its file belongs is not repeated', async () => {
  const jwt = 'eyJhbGciOiJub25lIn0.bWFya2Vy.x'
  const failure = await present(assertionFile(jwt)).catch((error) => error)
  expect(failure).toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
  expect(inspect(failure)).not.toContain('bWFya2Vy')
})

test('W28 a variable that is only inherited counts as not set', () => {
  const prototype = Object.prototype as Record<string, unknown>
  prototype.ORDER_SECRET = 'inherited'
  onTestFinished(() => void delete prototype.ORDER_SECRET)
  expect(refusalOf(() => clientSecretPost({ env: 'ORDER_SECRET' })).message).toContain('a variable that is not set')
})

function refusalOf(attempt: () => unknown): Error {
  try {
    attempt()
  } catch (error) {
    return error as Error
  }
  throw new Error('It was not refused.')
}
