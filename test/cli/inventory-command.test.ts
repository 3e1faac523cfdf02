import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serviceToken } from './service-token.ts'

const run = serviceToken()

const registry = {
  services: {
    users: { audience: 'https://users.internal', scopes: { read_user: 'Read users', write_user: 'Change users' } },
    billing: { audience: 'https://billing.internal', scopes: { charge: 'Take money', refund: 'Give it back' } }
  },
  clients: [
    {
      clientId: 'orders',
      clientSecret: 'marker-orders',
      may: { users: { scope: ['read_user'] }, billing: { scope: ['charge', 'refund'] } }
    },
    { clientId: 'billing', clientSecret: 'marker-billing', may: { users: { scope: ['read_user'] } } },
    { clientId: 'shop', clientSecret: 'marker-shop' }
  ]
}

const entry = {
  by: 'policy',
  origin: 'https://users.internal',
  resource: [],
  scope: ['read_user'],
  calls: 0,
  refused: 0
}
const users = { ...entry, audience: 'users', granted: ['read_user'], calls: 3, lastUsed: 1_893_456_000_000 }
const billing = { ...entry, origin: 'https://billing.internal', audience: 'https://billing.internal' }
const charged = { ...billing, scope: ['charge'], granted: ['charge'], calls: 2, refused: 1 }

/** Runs the command on files with these inventories. */
async function inventory(
  documents: readonly unknown[],
  flags: readonly string[] = ['--json'],
  from: object = registry
) {
  const folder = await mkdtemp(join(tmpdir(), 'inventory-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const write = async (name: string, document: unknown) => {
    const file = join(folder, name)
    await writeFile(file, typeof document === 'string' ? document : JSON.stringify(document))
    return file
  }
  const files = await Promise.all(documents.map((document, index) => write(`${index}.json`, document)))
  return run(['inventory', '--registry', await write('registry.json', from), ...flags, ...files])
}

async function findings(...given: Parameters<typeof inventory>): Promise<unknown[]> {
  const { stdout } = await inventory(...given)
  const found = JSON.parse(stdout).findings as Record<string, unknown>[]
  return found.map(({ kind, client, service, scope }) => [kind, client, service, scope])
}

describe('against the registry', () => {
  test('a grant that nobody uses is named, with the part of an edge that is not used', async () => {
    expect(await findings([{ clientId: 'orders', entries: [charged] }])).toEqual([
      ['unused-grant', 'orders', 'users', ['read_user']],
      ['unused-grant', 'orders', 'billing', ['refund']]
    ])
  })

  test('a call without a grant is named, and so is a rule that would make one', async () => {
    const entries = [
      { ...users, scope: ['read_user', 'write_user'] },
      { ...billing, scope: ['charge'], code: 'ERR_INVALID_TARGET' }
    ]
    expect(await findings([{ clientId: 'billing', entries }])).toEqual([
      ['call-without-grant', 'billing', 'users', ['write_user']],
      ['call-without-grant', 'billing', 'billing', ['charge']]
    ])
  })

  test('a client that the registry does not know is one finding, whatever it calls', async () => {
    expect(await findings([{ clientId: 'ghost', entries: [users, charged] }])).toEqual([
      ['unknown-client', 'ghost', undefined, undefined]
    ])
  })

  test('a client that is switched off has no grants', async () => {
    const off = { ...registry, clients: registry.clients.map((client) => ({ ...client, enabled: false })) }
    expect(await findings([{ clientId: 'billing', entries: [users] }], ['--json'], off)).toEqual([
      ['call-without-grant', 'billing', 'users', ['read_user']]
    ])
  })

  test('several instances are counted together, as a list in one file too', async () => {
    const one = { clientId: 'orders', entries: [users, charged] }
    const { stdout, exitCode } = await inventory([one, [one, { clientId: 'billing', entries: [users] }]])
    const { edges, unseen } = JSON.parse(stdout)
    expect(edges).toMatchObject([
      { client: 'orders', service: 'users', calls: 6, refused: 0, lastUsed: 1_893_456_000_000 },
      { client: 'orders', service: 'billing', calls: 4, refused: 2, unused: ['refund'] },
      { client: 'billing', service: 'users', calls: 3 }
    ])
    expect(unseen).toEqual(['shop'])
    expect(exitCode).toBe(1)
  })

  test('a request without a target is for the only service that has its scope', async () => {
    const { audience: _, ...bare } = charged
    expect(
      await findings([
        { clientId: 'orders', entries: [users, { ...bare, scope: ['refund'], granted: ['refund'] }, charged] }
      ])
    ).toEqual([])
  })

  test('the short form of a registry is understood', async () => {
    const short = { clients: [{ clientId: 'orders', clientSecret: 's', scope: ['read_user', 'charge'] }] }
    expect(await findings([{ clientId: 'orders', entries: [users] }], ['--json'], short)).toEqual([
      ['unused-grant', 'orders', 'any service', ['charge']]
    ])
  })
})

test('without findings the exit code is 0, and a person reads who called whom', async () => {
  const { stdout, exitCode } = await inventory([{ clientId: 'billing', entries: [users] }], [])
  expect(stdout).toMatch(/^ {2}billing → users {2}read_user, 3 calls, last 2030-01-01 00:00:00Z, /)
  expect(stdout).toContain('\nThere is no inventory of these clients: orders, shop.\n\nNothing found.\n')
  expect(exitCode).toBe(0)
})

test('as a flowchart a call without a grant is crossed, and a grant without a call is dashed', async () => {
  const entries = [users, { ...users, audience: 'evil"]; x', scope: [] }]
  const { stdout } = await inventory([{ clientId: 'orders', entries }], ['--mermaid'])
  expect(stdout).toBe(`flowchart LR
  n0["orders"]
  n1["users"]
  n2["billing"]
  n3["evil#34;#93;#59; x"]
  n0 -->|"read_user, 3 calls"| n1
  n0 -.->|"charge refund, 0 calls"| n2
  n0 --x|"read_user, 3 calls"| n3
`)
})

test.each<[string, unknown, RegExp]>([
  ['is no JSON', '{', /0\.json is not JSON/],
  ['is something else', { hello: 1 }, /0\.json is not an inventory\. Write JSON/],
  [
    'has an entry that is none',
    { clientId: 'orders', entries: [{ scope: 'read_user' }] },
    /0\.json is not an inventory/
  ]
])('a file that %s is named, with what to do', async (_, document, message) => {
  const { stderr, exitCode } = await inventory([document], [])
  expect(stderr).toMatch(message)
  expect(exitCode).toBe(2)
})

test('a registry with an error is told with its place, and a missing file or flag is wrong usage', async () => {
  const { stderr, exitCode } = await inventory([{ clientId: 'orders', entries: [] }], [], { clients: [{}] })
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/registry\.json:1:\d+/)])
  expect(await run(['inventory', 'a.json'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--registry')
  })
  expect(await run(['inventory', '--registry', 'r.json'])).toMatchObject({ exitCode: 2 })
})
