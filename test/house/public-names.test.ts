import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { version } from '../../src/version.ts'
import { documented, headings, read } from './documented.ts'
import { readSources } from './imports.ts'

/** Subpath → the file whose export list is its door. */
const doors = Object.keys(packageJson.exports)
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => ({
    entry: subpath.replace(/^\./, packageJson.name),
    file: subpath.replace(/^\./, 'src').concat('/index.ts')
  }))

const comment = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm
const exportList = /^export (?:type )?\{([^}]*)\} from '[^']+'$/gm

function exportedNames(source: string): string[] {
  return Array.from(source.replace(comment, '').matchAll(exportList), ([, list = '']) => list.split(','))
    .flat()
    .map((name) => name.trim().replace(/^type /, ''))
    .map((name) => name.replace(/^.* as /, ''))
}

/** The quoted words of `export type <name> = …`, up to the next blank line. */
function unionMembers(source: string, name: string): string[] {
  const [, declaration = ''] = source.split(`export type ${name} =`)
  return Array.from((declaration.split('\n\n')[0] ?? '').matchAll(/'(\w+)'/g), ([, member = '']) => member)
}

function interfaceMembers(source: string, name: string): string[] {
  const [, declaration = ''] = source.split(`export interface ${name} {`)
  return Array.from((declaration.split('\n}')[0] ?? '').matchAll(/^ {2}'?([\w-]+)'?:/gm), ([, member = '']) => member)
}

describe.each(doors)('$entry', ({ entry, file }) => {
  test('a door is one list of named exports, without code', () => {
    expect(read(file).replace(comment, '').replace(exportList, '').trim()).toBe('')
  })

  test('docs/api.md names what is exported and nothing else', () => {
    expect(documented('docs/api.md', entry).toSorted()).toEqual(exportedNames(read(file)).toSorted())
  })
})

test('docs/api.md has a section for each entry of package.json and for no other', () => {
  expect(headings('docs/api.md')).toEqual(doors.map(({ entry }) => entry))
})

test('docs/errors.md explains every error code and no other', () => {
  expect(documented('docs/errors.md').toSorted()).toEqual(unionMembers(read('src/errors.ts'), 'ErrorCode').toSorted())
})

test('every error code is used by the source', () => {
  const files = [...readSources('src').keys()].filter((file) => file !== 'src/errors.ts').map(read)
  const source = [...files, read('src/errors.ts').split('export class').slice(1)].join()
  const codes = unionMembers(read('src/errors.ts'), 'ErrorCode')
  expect(codes.filter((code) => !source.includes(`'${code}'`))).toEqual([])
})

test('docs/events.md explains every event and no other', () => {
  const names = [...interfaceMembers(read('src/events.ts'), 'TokenClientEvents'), '*']
  expect(documented('docs/events.md', 'Events').toSorted()).toEqual(names.toSorted())
})

test('docs/events.md explains every warning and no other', () => {
  const codes = unionMembers(read('src/events.ts'), 'WarningCode')
  expect(documented('docs/events.md', 'Warnings').toSorted()).toEqual(codes.toSorted())
})

test('the version that token requests carry is that of package.json', () => {
  expect(version).toBe(packageJson.version)
})
