import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read } from './documented.ts'
import { type Import, isOwn, reach, readSources, resolveImport, room, root } from './imports.ts'

/** The floor of each room. Every room must be listed here. */
const floors: Readonly<Record<string, number>> = {
  errors: 0,
  events: 0,
  clock: 0,
  'platform-timers': 0,
  version: 0,
  builtin: 0,
  'http-date': 0,
  'known-names': 0,
  'own-members': 0,
  'any-object': 0,
  record: 0,
  load: 0,
  late: 0,
  limits: 0,
  'mermaid-text': 0,
  'proxy-environment': 0,
  realm: 0,
  'wrong-option': 0,
  emitter: 1,
  waiting: 1,
  token: 2,
  'endpoint-health': 2,
  http: 3,
  proof: 3,
  telemetry: 4,
  'client-authentication': 4,
  metadata: 4,
  stores: 4,
  bearer: 4,
  'token-endpoint': 5,
  cache: 5,
  options: 5,
  'resource-server': 5,
  testing: 5,
  redis: 5,
  'connection-group': 6,
  'token-client': 7,
  'raise-epoch': 7,
  fleet: 7,
  'authorization-server': 7,
  'token-clients': 8,
  index: 9,
  adapters: 9,
  opentelemetry: 9,
  cli: 10
}

/** It imports the entries of the package, as its users do. */
const commandLine = /^src\/cli\//

/** Dependency → the files that may name it. */
const owners: Readonly<Record<string, RegExp>> = {
  'p-retry': /^src\/waiting\/retry\.ts$/,
  '@opentelemetry/api': /^src\/opentelemetry\//,
  jose: /^src\/(client-authentication|authorization-server|resource-server)\//,
  'service-token-client': commandLine
}

/** The peer dependency, which is never loaded. Its types may be imported where users pass or get one of its objects. */
const peer = 'undici'

const loadedWhenNeeded = ['jose', 'p-retry']

const sources = readSources('src')

function floor(file: string): number {
  return floors[room(file)] ?? Number.NaN
}

function ownImports(file: string): string[] {
  return (sources.get(file) ?? []).filter(isOwn).map((found) => resolveImport(file, found))
}

function packageOf({ specifier }: Import): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

test('every file of the source stands in a room of the house', () => {
  const strangers = [...sources.keys()].filter((file) => !(room(file) in floors))
  expect(strangers, 'give the room a floor in test/house/floors.test.ts and in docs/architecture.md').toEqual([])
})

test('docs/architecture.md shows each room on its floor', () => {
  const rows = read('docs/architecture.md').matchAll(/^\| (\d+) \| ([^|]*) \|/gm)
  const shown = Array.from(rows, ([, number, rooms = '']) =>
    [...rooms.matchAll(/`([^`]+)`/g)].map(([, name]) => `${number} ${name}`)
  )
  const built = new Set([...sources.keys()].map((file) => `${floor(file)} ${room(file)}`))
  expect(shown.flat().toSorted()).toEqual([...built].toSorted())
})

test('every file of the source is reached from an entry of the package', () => {
  const doors = [...sources.keys()].filter((file) => /^src\/((\w[\w-]*\/){0,2}index|cli\/main)\.ts$/.test(file))
  const reached = new Set(doors.flatMap((door) => [...reach(sources, door, ['static', 'dynamic', 'type'])]))
  expect([...sources.keys()].filter((file) => !reached.has(file))).toEqual([])
})

test('every import ends at a file that exists', () => {
  const lost = [...sources.keys()].flatMap((file) => ownImports(file).filter((target) => !sources.has(target)))
  expect(lost).toEqual([])
})

test('imports point down the floors; the ground floor is one room', () => {
  const upward = [...sources.keys()].flatMap((file) =>
    ownImports(file)
      .filter(
        (to) => floor(to) > floor(file) || (floor(to) === floor(file) && floor(to) > 0 && room(to) !== room(file))
      )
      .map((to) => `${file} (floor ${floor(file)}) imports ${to} (floor ${floor(to)})`)
  )
  expect(upward).toEqual([])
})

/** Room → the rooms in its row of docs/architecture.md. */
function allowedRooms(): ReadonlyMap<string, readonly string[]> {
  const rows = read('docs/architecture.md').matchAll(/^\| `([\w-]+)` \| ([^|]*) \|$/gm)
  return new Map(
    Array.from(rows, ([, name = '', rooms = '']) => [
      name,
      Array.from(rooms.matchAll(/`([^`]+)`/g), ([, used = '']) => used)
    ])
  )
}

test('a room uses the ground and the rooms that its row in docs/architecture.md names, and no others', () => {
  const allowed = allowedRooms()
  const strange = [...sources.keys()].flatMap((file) =>
    ownImports(file)
      .filter((to) => room(to) !== room(file) && floor(to) > 0 && floor(file) > 0)
      .filter((to) => allowed.get(room(file))?.includes(room(to)) !== true)
      .map((to) => `${file} imports ${to}: ${room(to)} is not in the row of ${room(file)}`)
  )
  expect(strange).toEqual([])
})

test('no row of docs/architecture.md names a room that is not used', () => {
  const used = new Set(
    [...sources.keys()].flatMap((file) => ownImports(file).map((to) => `${room(file)} uses ${room(to)}`))
  )
  const named = [...allowedRooms()].flatMap(([name, rooms]) => rooms.map((one) => `${name} uses ${one}`))
  expect(named.filter((one) => !used.has(one))).toEqual([])
})

test('every file and folder that docs/architecture.md names exists', () => {
  const named = [...read('docs/architecture.md').matchAll(/`(src\/[\w./-]+)`/g)].map(([, path = '']) => path)
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test.each(['src', 'test'])('no file of %s leads back to itself, by types neither', (folder) => {
  const files = readSources(folder)
  const circular = [...files].filter(([file, imports]) =>
    imports
      .filter(isOwn)
      .map((found) => resolveImport(file, found))
      .some((target) => reach(files, target, ['static', 'dynamic', 'type']).has(file))
  )
  expect(circular.map(([file]) => file)).toEqual([])
})

test('a dependency is named in its one room only', () => {
  const misplaced = [...sources].flatMap(([file, imports]) =>
    imports
      .filter((found) => !isOwn(found) && !found.specifier.startsWith('node:'))
      .filter((found) => !(found.kind === 'type' && packageOf(found) === peer))
      .filter((found) => !owners[packageOf(found)]?.test(file))
      .map((found) => `${file} imports ${found.specifier}`)
  )
  expect(misplaced).toEqual([])
})

/** These files may be copied into another bundle, because they have no state and no class that is used with `instanceof`. */
function isPlain(file: string): boolean {
  return floor(file) === 0 && sources.get(file)?.length === 0
}

test('the command line imports public doors, and of the ground what imports nothing', () => {
  const past = [...sources]
    .filter(([file]) => commandLine.test(file))
    .flatMap(([file, imports]) =>
      imports
        .filter((found) => isOwn(found) && !commandLine.test(resolveImport(file, found)))
        .filter((found) => !isPlain(resolveImport(file, found)))
        .map(({ specifier }) => `${file} imports ${specifier}, and not 'service-token-client'`)
    )
  expect(past).toEqual([])
})

test('jose and p-retry are not loaded with the main entry', () => {
  const loaded = [...reach(sources, 'src/index.ts', ['static'])].flatMap((file) =>
    (sources.get(file) ?? [])
      .filter((found) => found.kind === 'static' && loadedWhenNeeded.includes(packageOf(found)))
      .map((found) => `${file} loads ${found.specifier}`)
  )
  expect(loaded).toEqual([])
})
