import { expect, test } from 'vitest'
import { read } from './documented.ts'
import { isOwn, readSources, resolveImport } from './imports.ts'

const house = 'src/authorization-server/'

/** The rooms of the development authorization server, as docs/architecture.md has them: each uses those before it alone. */
const rooms = (/`authorization-server` has rooms of its own[\s\S]*?\n\n/.exec(read('docs/architecture.md'))?.[0] ?? '')
  .split(':')
  .slice(1)
  .join()
  .match(/`[\w-]+`/g)
  ?.map((name) => name.slice(1, -1))

test('the rooms of the development authorization server use those before them alone', () => {
  const sources = readSources(house.slice(0, -1))
  const roomOf = (file: string) =>
    file.startsWith(house) ? file.slice(house.length).split('/').slice(0, -1).join('/') : ''
  const found = [...sources.keys()].map(roomOf).filter((room) => room !== '')
  expect([...new Set(found)].toSorted()).toEqual(rooms?.toSorted())
  const upward = [...sources].flatMap(([file, imports]) =>
    imports
      .filter(isOwn)
      .map((one) => resolveImport(file, one))
      .filter((target) => roomOf(file) !== '' && target.startsWith(house))
      .filter(
        (target) =>
          (rooms?.indexOf(roomOf(target)) ?? -1) > (rooms?.indexOf(roomOf(file)) ?? -1) || roomOf(target) === ''
      )
      .map((target) => `${file} imports ${target}`)
  )
  expect(upward).toEqual([])
})
