import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { pages, read } from './documented.ts'
import { root } from './imports.ts'

test('every link of README and docs to a file of the repository leads somewhere', () => {
  const broken = pages
    .flatMap((page) =>
      Array.from(read(page).matchAll(/\]\(([^)#:\s]+)[^):]*\)/g), ([, target = '']) => ({ page, target }))
    )
    .filter(({ page, target }) => !existsSync(join(root, dirname(page), target)))
  expect(broken).toEqual([])
})
