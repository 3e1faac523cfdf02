import { expect, test } from 'vitest'
import { readImports } from './imports.ts'

test.each([
  ["import { a } from './a.ts'", 'static', './a.ts'],
  ["import type { A } from './a.ts'", 'type', './a.ts'],
  ["import { type A } from './a.ts'", 'static', './a.ts'],
  ["import a from 'a'", 'static', 'a'],
  ["import a, { type B } from 'a'", 'static', 'a'],
  ["import * as a from 'a'", 'static', 'a'],
  ["import 'a'", 'static', 'a'],
  ["import {\n  a,\n  b\n} from './a.ts'", 'static', './a.ts'],
  ["export { a } from './a.ts'", 'static', './a.ts'],
  ["export * from './a.ts'", 'static', './a.ts'],
  ["export type { A } from './a.ts'", 'type', './a.ts'],
  ["const a = await import('a')", 'dynamic', 'a'],
  ["type A = typeof import('a')", 'type', 'a']
])('the house reads %j as an import that is %s', (source, kind, specifier) => {
  expect(readImports(source)).toEqual([{ specifier, kind }])
})

test.each([
  "/**\n * import { a } from 'a'\n */",
  "// import { a } from 'a'",
  "export const a = 'from'",
  "const a = { from: 'a' }"
])('the house reads %j as no import', (source) => {
  expect(readImports(source)).toEqual([])
})
