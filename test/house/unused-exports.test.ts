import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { read } from './documented.ts'
import { readSources } from './imports.ts'

const exported = /^export (?:async )?(?:function\*?|const|let|class) (\w+)/gm

test('no file of src exports a function, a value or a class that no other file of src or test names', () => {
  const files = ['src', 'test'].flatMap((folder) => [...readSources(folder).keys()])
  const words = new Map(files.map((file) => [file, new Set(read(file).match(/\w+/g))]))
  const unused = files
    .filter((file) => file.startsWith('src/') && basename(file) !== 'index.ts')
    .flatMap((file) => Array.from(read(file).matchAll(exported), ([, name = '']) => ({ file, name })))
    .filter(({ file, name }) => files.every((other) => other === file || !words.get(other)?.has(name)))
  expect(unused).toEqual([])
})
