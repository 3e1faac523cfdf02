import type { Path } from './problems.ts'

/** Where in a JSON text things are, as character offsets. */
export interface JsonPlaces {
  /** The first character that is no JSON. */
  readonly syntaxError: number | undefined
  /** The first member whose name the object has already. */
  readonly repeated: { readonly name: string; readonly offset: number } | undefined
  /** Where a value stands; for a member that is not there, the object that lacks it. */
  offset(path: Path): number
}

/** A string, a bracket, or a run of other characters: whether it is a value is for `JSON.parse` to say. */
const token = /[\t\n\r ]*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|)/y
const deepest = 100

/** Reads the JSON once and remembers where each value begins. `JSON.parse` says neither that nor, on every Node, where an error is. */
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

/** `3:17`, both from one, as editors count. */
export function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n')
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`
}
