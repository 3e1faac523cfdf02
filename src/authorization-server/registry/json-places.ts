import type { Path } from './problems.ts'

/** Positions in a JSON text, as character offsets. */
export interface JsonPlaces {
  /** The first character that is not valid JSON. */
  readonly syntaxError: number | undefined
  /** The first member whose name occurs twice in its object. */
  readonly repeated: { readonly name: string; readonly offset: number } | undefined
  /** The offset of a value. For a missing member, the offset of the object. */
  offset(path: Path): number
}

/** A string, a bracket, or a run of other characters. `JSON.parse` checks the values. */
const token = /[\t\n\r ]*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|)/y
const deepest = 100

/** Reads the JSON once and remembers where each value begins. `JSON.parse` does not tell that, and not every version of Node tells where an error is. */
export function jsonPlaces(text: string): JsonPlaces {
  const offsets = new Map<string, number>()
  let repeated: JsonPlaces['repeated']
  let at = 0
  let start = 0

  function next(): string {
    token.lastIndex = at
    const [whole = '', found = ''] = token.exec(text) ?? []
    at += whole.length
    start = at - found.length
    return found
  }

  function expect(found: string, wanted: string): void {
    if (found !== wanted) throw new SyntaxError()
  }

  function value(found: string, path: Path): void {
    offsets.set(JSON.stringify(path), start)
    if (path.length > deepest) throw new SyntaxError()
    if (found === '{') members(path)
    else if (found === '[') elements(path)
    else JSON.parse(found)
  }

  function members(path: Path): void {
    const names = new Set<string>()
    let found = next()
    if (found === '}') return
    for (;;) {
      const name: unknown = JSON.parse(found)
      if (typeof name !== 'string') throw new SyntaxError()
      if (names.has(name)) repeated ??= { name, offset: start }
      names.add(name)
      expect(next(), ':')
      value(next(), [...path, name])
      found = next()
      if (found === '}') return
      expect(found, ',')
      found = next()
    }
  }

  function elements(path: Path): void {
    let found = next()
    if (found === ']') return
    for (let index = 0; ; index++) {
      value(found, [...path, index])
      found = next()
      if (found === ']') return
      expect(found, ',')
      found = next()
    }
  }

  function syntaxError(): number | undefined {
    try {
      value(next(), [])
      next()
      return start < text.length ? start : undefined
    } catch {
      return start
    }
  }

  return {
    syntaxError: syntaxError(),
    repeated,
    offset(path) {
      for (let length = path.length; length > 0; length--) {
        const found = offsets.get(JSON.stringify(path.slice(0, length)))
        if (found !== undefined) return found
      }
      return offsets.get('[]') ?? 0
    }
  }
}

/** Line and column, both from 1, such as `3:17`. */
export function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n')
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`
}
