import { chmod, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { changedRegistry, type Json, threeServices } from './three-services.ts'

interface Followed {
  readonly file: string
  readonly server: AuthorizationServer
  save(document: unknown): Promise<void>
  /** The next entry of the journal that says this. */
  told(sentence: RegExp): Promise<string>
}

async function followed(options: { write?: boolean } = {}): Promise<Followed> {
  const folder = await mkdtemp(join(tmpdir(), 'followed-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'registry.json')
  await writeFile(file, JSON.stringify(threeServices))
  const server = await startAuthorizationServer({ registryFile: file, writeRegistryFile: options.write ?? false })
  onTestFinished(server.close)
  return {
    file,
    server,
    save: (document) => writeFile(file, typeof document === 'string' ? document : JSON.stringify(document)),
    told(sentence) {
      const { latest, follow } = server.journal
      const said = latest.find(({ text }) => sentence.test(text))
      if (said !== undefined) return Promise.resolve(said.text)
      return new Promise((resolve) => {
        const unfollow = follow(({ text }) => {
          if (!sentence.test(text)) return
          unfollow()
          resolve(text)
        })
      })
    }
  }
}

const without = (clientId: string, service: string) =>
  changedRegistry(({ clients }) => {
    delete clients.find((client: Json) => client.clientId === clientId).may[service]
  })

test('a registry file that is saved is read again, and what changed is told', async () => {
  const { server, save, told, file } = await followed()
  await save(without('billing', 'users'))
  await told(/^billing may no longer call users\.$/)
  expect(server.registry.current.clients[2]?.may).toEqual({})
  const beside = `${file}.new`
  await writeFile(beside, JSON.stringify(threeServices))
  await rename(beside, file) // many editors save like this
  await told(/^billing may call users: read_user\. It was withdrawn at/)
})

test('a file with an error changes nothing, and the error has its place', async () => {
  const { server, save, told } = await followed()
  const before = server.registry.current
  await save('{\n  "clients": [,]\n}')
  expect(await told(/registry\.json/)).toMatch(
    /registry\.json:2:15: the registry is not valid JSON from here on\. The server continues/
  )
  await save(changedRegistry(({ clients }) => (clients[0].may.orders.scope = ['fly'])))
  expect(await told(/fly/)).toMatch(
    /registry\.json:1:\d+: orders does not declare fly among its scopes\. .* The server continues/
  )
  expect(server.registry.current).toBe(before)
  await save(without('shop', 'orders'))
  await told(/shop may no longer call orders/)
})

test('a file that is saved without a change is reported as unchanged', async () => {
  const { save, told } = await followed()
  await save(JSON.stringify(threeServices, null, 4))
  await told(/was read again\. Nothing has changed/)
})

test('a right that was withdrawn here and that the file grants again is reported as such', async () => {
  const { server, save, told } = await followed()
  server.registry.withdraw('billing', 'users')
  await save(JSON.stringify(threeServices, null, 2))
  await told(/billing may call users: read_user\. It was withdrawn at \d{4}-/)
})

test('without the option, changes stay out of the file', async () => {
  const { server, file, told, save } = await followed()
  server.registry.withdraw('billing', 'users')
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(threeServices)
  await save(JSON.stringify(without('shop', 'orders')))
  await told(/shop may no longer/)
})

test('with the option, changes go into the file, readable and with its rights, and are not read back', async () => {
  const { server, file, told } = await followed({ write: true })
  await chmod(file, 0o664) // the umask takes the group's right to write from a new file
  server.registry.withdraw('billing', 'users')
  await told(/was written/)
  const text = await readFile(file, 'utf8')
  expect(JSON.parse(text)).toEqual(without('billing', 'users'))
  expect(text.split('\n').slice(0, 4)).toEqual([
    '{',
    '  "services": {',
    '    "users": {',
    '      "audience": "https://users.internal",'
  ])
  expect((await stat(file)).mode & 0o777).toBe(0o664)
  server.registry.undo()
  await told(/billing may call users/)
  await server.close() // close() waits for the write
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(threeServices)
  expect(server.journal.latest.some(({ text: said }) => said.includes('read again'))).toBe(false)
})

test('the file behind a link is written, and the link stays', async () => {
  const { file } = await followed()
  const link = `${file}.link`
  await symlink(file, link)
  const server = await startAuthorizationServer({ registryFile: link, writeRegistryFile: true })
  onTestFinished(server.close)
  const written = new Promise((resolve) =>
    server.journal.follow(({ text }) => text.includes('written') && resolve(text))
  )
  server.registry.withdraw('shop', 'orders')
  await written
  expect((await stat(file)).isFile()).toBe(true)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(without('shop', 'orders'))
})

test('a file that somebody else has changed is not written over', async () => {
  const { server, save, told, file } = await followed({ write: true })
  await save(without('shop', 'orders'))
  server.registry.withdraw('billing', 'users')
  await told(/changed by somebody else in the meantime/)
  await told(/billing may call users: read_user\. It was withdrawn/)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(without('shop', 'orders'))
})

test('a file that cannot be written is reported, and the change stays in effect', async () => {
  const { server, told, file } = await followed({ write: true })
  await rm(file)
  server.registry.withdraw('billing', 'users')
  await told(/cannot be read \(ENOENT\)/)
  expect(server.registry.current.clients[2]?.may).toEqual({})
})

test('a file with problems starts no server', async () => {
  const { file } = await followed()
  await writeFile(file, '{')
  await expect(startAuthorizationServer({ registryFile: file })).rejects.toThrow(
    /registry\.json:1:2: the registry is not valid JSON/
  )
  await expect(startAuthorizationServer({ registryFile: `${file}.no` })).rejects.toThrow(/cannot be read \(ENOENT\)/)
  await expect(startAuthorizationServer({ registryFile: '' })).rejects.toThrow(/registryFile must be/)
  await expect(startAuthorizationServer({ registryFile: file, clients: [] })).rejects.toThrow(/only one of/)
  await expect(startAuthorizationServer({ clients: [], writeRegistryFile: true })).rejects.toThrow(
    /needs a registryFile/
  )
})
