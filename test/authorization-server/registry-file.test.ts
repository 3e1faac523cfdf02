import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  readClients,
  readRegistry,
  registrySchema,
  startAuthorizationServer
} from '../../src/authorization-server/index.ts'
import { changedRegistry, type Json, threeServices } from './three-services.ts'

async function fileWith(content: string | Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'registry.json')
  await writeFile(file, content)
  return file
}

const written = (document: unknown) => JSON.stringify(document, null, 2)

/** The message without the folder of the file. */
async function messageFor(content: string | Uint8Array): Promise<string> {
  const file = await fileWith(content)
  const error = await readRegistry(file).then(
    () => new Error('it was read'),
    (reason: Error) => reason
  )
  return error.message.replaceAll(file, 'registry.json')
}

test('a registry comes from a JSON file', async () => {
  const registry = await readRegistry(await fileWith(written({ $schema: './registry.schema.json', ...threeServices })))
  expect(registry).toEqual({ $schema: './registry.schema.json', ...threeServices })
})

test('readClients reads the short form, and says what reads the other one', async () => {
  const clients = [{ clientId: 'orders', clientSecret: 'x', scope: ['read_user'] }]
  expect(await readClients(await fileWith(written({ clients })))).toEqual(clients)
  await expect(readClients(await fileWith(written(threeServices)))).rejects.toThrow(/Read it with readRegistry\(\)/)
})

test.each<[string, string | Uint8Array, string]>([
  ['is empty', '', 'registry.json:1:1: the registry is not valid JSON from here on.'],
  ['stops in the middle', '{\n  "clients": [\n', 'registry.json:3:1: the registry is not valid JSON from here on.'],
  ['has a comma too many', '{"clients": [],}', 'registry.json:1:16: the registry is not valid JSON from here on.'],
  [
    'has a comment',
    '{\n  // hello\n  "clients": []}',
    'registry.json:2:3: the registry is not valid JSON from here on.'
  ],
  ['lacks a colon', '{"clients" []}', 'registry.json:1:12: the registry is not valid JSON from here on.'],
  ['has a bare word', '{"clients": yes}', 'registry.json:1:13: the registry is not valid JSON from here on.'],
  ['has a wrong escape', '{"clients": "\\x"}', 'registry.json:1:13: the registry is not valid JSON from here on.'],
  ['goes on after its end', '{"clients": []} x', 'registry.json:1:17: the registry is not valid JSON from here on.'],
  ['is nested without end', '['.repeat(5000), 'registry.json:1:102: the registry is not valid JSON from here on.'],
  [
    'says something twice',
    '{"clients": [{"clientId": "a",\n "clientId": "b"}]}',
    'registry.json:2:2: the registry has the member "clientId" twice in the same object. Keep one.'
  ],
  ['is not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'registry.json: the registry is not UTF-8.']
])('a file that %s is refused with the place', async (_what, content, message) => {
  expect(await messageFor(content)).toBe(message)
})

test('a byte order mark does no harm', async () => {
  await expect(readRegistry(await fileWith(`\ufeff${written(threeServices)}`))).resolves.toEqual(threeServices)
})

test('a file that is not there says so', async () => {
  await expect(readRegistry('nowhere.json')).rejects.toThrow('nowhere.json: the registry cannot be read (ENOENT).')
})

/** Each problem with the change that causes it and its message. With `true`, the JSON Schema finds it too. */
const wrongRegistries: [string, (document: Json) => void, RegExp, boolean][] = [
  [
    'an unknown field',
    (d) => (d.client = []),
    /unknown field client\. Remove it or correct it: did you mean clients\? The known names are: \$schema, services, clients/,
    true
  ],
  ['services as a list', (d) => (d.services = []), /services must be an object/, true],
  ['a service that is a text', (d) => (d.services.users = 'x'), /Service users must be an object/, true],
  ['a service with a strange name', (d) => (d.services['a b'] = { audience: 'x' }), /name of a service/, false],
  ['a service without audience', (d) => delete d.services.users.audience, /users needs an audience/, true],
  [
    'an audience twice',
    (d) => (d.services.users.audience = 'https://billing.internal'),
    /users have the same audience/,
    false
  ],
  [
    'an audience that is another name',
    (d) => (d.services.users.audience = 'billing'),
    /billing have the same audience/,
    false
  ],
  ['scopes as a list', (d) => (d.services.users.scopes = ['read_user']), /scopes of users must be an object/, true],
  ['a scope with a space', (d) => (d.services.users.scopes['a b'] = ''), /not allowed in a scope/, false],
  ['a scope without sentence', (d) => (d.services.users.scopes.read_user = true), /a description of read_user/, true],
  ['clients as an object', (d) => (d.clients = {}), /needs an array "clients"/, true],
  ['a client that is null', (d) => (d.clients[0] = null), /Every client must be an object/, true],
  ['a client without id', (d) => delete d.clients[0].clientId, /Every client needs a clientId/, true],
  ['a client twice', (d) => d.clients.push(d.clients[0]), /Client "shop" is registered twice/, false],
  ['a misspelt field', (d) => (d.clients[0].secret = 'x'), /"shop" has the unknown field secret/, true],
  ['no credential', (d) => delete d.clients[0].clientSecret, /"shop" needs a clientSecret/, false],
  ['an empty secret', (d) => (d.clients[0].clientSecret = ''), /a clientSecret that is not empty/, true],
  ['a secret that is a number', (d) => (d.clients[0].clientSecret = 7), /a clientSecret that is not empty/, true],
  ['a variable that is not set', (d) => (d.clients[0].clientSecret = { env: 'NO_SUCH' }), /variable NO_SUCH/, false],
  [
    'a secret without a good date',
    (d) => (d.clients[0].clientSecret = [{ value: 'marker', until: 'soon' }]),
    /"until" is not a date/,
    false
  ],
  [
    'a secret until a time without a zone, which is another moment on each machine',
    (d) => (d.clients[0].clientSecret = [{ value: 'marker', until: '2030-01-01T00:00:00' }]),
    /"until" is not a date with a time zone/,
    false
  ],
  ['jwks that are a list', (d) => (d.clients[0].jwks = []), /needs jwks in the form/, true],
  ['a certificate that is none', (d) => (d.clients[0].certificates = ['x']), /not an X.509 certificate in PEM/, false],
  ['a federation without issuer', (d) => (d.clients[0].federation = {}), /issuer, subject and jwks/, true],
  ['a grant for no service', (d) => (d.clients[0].may.user = {}), /"user", which is not a service/, false],
  ['a grant that is a list', (d) => (d.clients[0].may.users = ['read_user']), /must be an object with "scope"/, true],
  ['a grant with a misspelt field', (d) => (d.clients[0].may.users = { scopes: [] }), /unknown field scopes/, true],
  ['may as a list', (d) => (d.clients[0].may = []), /may of client "shop" must be an object/, true],
  [
    'a scope that the service lacks',
    (d) => (d.clients[2].may.users.scope = ['raed_user']),
    /does not declare raed_user/,
    false
  ],
  ['a role that the service lacks', (d) => (d.clients[2].may.users.roles = ['boss']), /does not declare boss/, false],
  ['a scope twice', (d) => d.clients[2].may.users.scope.push('read_user'), /is listed twice/, true],
  ['a scope as text', (d) => (d.clients[2].may.users.scope = 'read_user'), /must be an array of strings/, true],
  ['scope beside services', (d) => (d.clients[0].scope = ['read_user']), /does not say which service it is for/, false],
  [
    'a life of a moment',
    (d) => (d.clients[0].accessTokenLifetime = 5),
    /in milliseconds and must be at least 1000/,
    true
  ],
  ['enabled as a word', (d) => (d.clients[0].enabled = 'no'), /must be true or false/, true],
  ['claims as a list', (d) => (d.clients[0].claims = []), /claims of client "shop" must be an object/, true],
  ['a claim of the server', (d) => (d.clients[0].claims = { iss: 'x' }), /cannot contain iss/, false],
  ['may without services', (d) => delete d.services, /Add them beside "clients"/, false]
]

describe.each(wrongRegistries)('a registry with %s', (_what, change, message, seenBySchema) => {
  const document = changedRegistry(change)

  test('is refused with line and column, and no secret is in the message', async () => {
    const refusal = await messageFor(written(document))
    expect(refusal).toMatch(message)
    expect(refusal).not.toContain('marker')
    for (const line of refusal.split('\n')) expect(line).toMatch(/^registry\.json:\d+:\d+: \w/)
  })

  test('is refused by the server too, with the path of the value', async () => {
    const starting = startAuthorizationServer({ registry: document })
    await expect(starting).rejects.toMatchObject({ name: 'ClientConfigurationError', code: 'ERR_INVALID_OPTION' })
    await expect(starting).rejects.toThrow(message)
  })

  test('is judged by the JSON Schema as far as a schema can see it', () => {
    expect(validate(document)).toBe(!seenBySchema)
  })
})

const validate = new Ajv2020({ formats: { 'date-time': true } }).compile(registrySchema)

test('the place of a problem is the position of the value', async () => {
  const file = '{ "services": { "users": { "audience": "u" } },\n  "clients": [\n    { "clientId": "a" }\n  ]\n}'
  expect(await messageFor(file)).toBe('registry.json:3:5: client "a" needs a clientSecret or another credential.')
})

test('all problems are told at once, the first ten of them', async () => {
  const clients = Array.from({ length: 12 }, (_, index) => ({ clientId: `c${index}`, clientSecret: 'x', scope: 'a' }))
  const lines = (await messageFor(written({ clients }))).split('\n')
  expect(lines).toHaveLength(11)
  expect(lines.at(-1)).toBe('… and 2 more.')
})

test('the JSON Schema accepts every form of a registry', () => {
  const forms = [
    threeServices,
    { clients: [] },
    {
      clients: [
        { clientId: 'a', clientSecret: ['x', { env: 'A' }, { value: 'y', until: '2030-01-01T00:00:00Z' }], scope: [] }
      ]
    },
    {
      clients: [
        {
          clientId: 'a',
          jwks: { keys: [{ kty: 'EC' }] },
          scope: ['a'],
          roles: ['r'],
          authorities: ['x'],
          audience: ['u']
        }
      ]
    },
    {
      clients: [
        {
          clientId: 'a',
          certificateSubject: 'CN=a',
          scope: [],
          claims: { x: 1 },
          enabled: false,
          accessTokenLifetime: 1000
        }
      ]
    }
  ]
  for (const form of forms) expect(validate(form), JSON.stringify(validate.errors)).toBe(true)
})

test('a secret can come from an environment variable', async () => {
  vi.stubEnv('SHOP_SECRET', 'from outside')
  onTestFinished(() => void vi.unstubAllEnvs())
  const registry = changedRegistry(({ clients }) => {
    clients[0].clientSecret = { env: 'SHOP_SECRET' }
  })
  const server = await startAuthorizationServer({ registry })
  onTestFinished(server.close)
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'shop',
    client_secret: 'from outside'
  })
  expect((await fetch(server.tokenEndpoint, { method: 'POST', body })).status).toBe(200)
})

test('a registry and clients are not both given', async () => {
  await expect(startAuthorizationServer({ registry: threeServices, clients: [] })).rejects.toThrow(/only one of/)
})
