import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseUniqueJson } from '../../src/resource-server/unique-json.ts'

const seed = 20_260_102

/** JSON as somebody could write it, and whether an object in it has a member twice. */
interface Written {
  readonly text: string
  readonly repeats: boolean
}

const space = fc.constantFrom('', '', '', ' ', '\t', '\n', '\r\n  ')
const scalar = fc
  .oneof(
    fc.constantFrom('a', 'b":', '\\"a":', ' :', '":1,"a":', '\\\\', 'é', ''),
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null)
  )
  .map((value): Written => ({ text: JSON.stringify(value), repeats: false }))
const name = fc
  .constantFrom('a', 'b', 'c', 'a":', '__proto__', '1', ' ')
  .chain((plain) =>
    fc
      .constantFrom(
        JSON.stringify(plain),
        `"${[...plain].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
      )
      .map((quoted) => ({ plain, quoted }))
  )

const { value } = fc.letrec<{ value: Written; list: Written; object: Written }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('list'), tie('object')),
  list: fc.tuple(fc.array(tie('value'), { maxLength: 4 }), space).map(([members, gap]) => ({
    text: `[${members.map(({ text }) => gap + text).join(',')}]`,
    repeats: members.some(({ repeats }) => repeats)
  })),
  object: fc.array(fc.tuple(name, space, space, tie('value')), { maxLength: 5 }).map((members) => ({
    text: `{${members.map(([{ quoted }, before, after, { text }]) => `${quoted}${before}:${after}${text}`).join(',')}}`,
    repeats:
      new Set(members.map(([{ plain }]) => plain)).size < members.length ||
      members.some(([, , , { repeats }]) => repeats)
  }))
}))

test(`R29 a member that is there twice is found however it is written, and nothing else is refused (seed ${seed})`, () => {
  fc.assert(
    fc.property(value, ({ text, repeats }) => {
      if (repeats) expect(() => parseUniqueJson(text)).toThrow(SyntaxError)
      else expect(parseUniqueJson(text)).toEqual(JSON.parse(text))
    }),
    { seed, numRuns: 5000 }
  )
})

test.each([
  // As many names with a colon right behind them as members are left, and one member twice all the same.
  '{"a" :1,"b":1,"b":2}',
  '{"a":{"b":1,"b":2},"c" :1}',
  '{"x":"\\":","a":1,"a":2}',
  '{"a":1,"\\u0061":2}'
])('R29 %s is refused', (text) => {
  expect(() => JSON.parse(text)).not.toThrow()
  expect(() => parseUniqueJson(text)).toThrow(SyntaxError)
})
