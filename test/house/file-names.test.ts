import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { readSources } from './imports.ts'

/** Tools look for these by name, so there are many of each: the entries of the package and the settings of a test run. */
const namesOfTools = ['index.ts', 'vitest.config.ts']

test('no two files of src and test have the same name, so a tab or a stack trace says which file it means', () => {
  const files = ['src', 'test'].flatMap((folder) => [...readSources(folder).keys()])
  const ours = files.filter((file) => !namesOfTools.includes(basename(file)))
  const taken = ours.filter((file) => ours.some((other) => other !== file && basename(other) === basename(file)))
  expect(taken).toEqual([])
})
