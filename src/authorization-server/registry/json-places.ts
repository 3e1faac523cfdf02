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
  const reader = new JsonReader(text)
  const syntaxError = reader.readToEnd()
  return { syntaxError, repeated: reader.repeated, offset: (path) => reader.offset(path) }
}

class JsonReader {
  repeated: JsonPlaces['repeated']
  readonly #text: string
  readonly #offsets = new Map<string, number>()
  /** The end of the current token. */
  #end = 0
  /** The beginning of the current token. */
  #start = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Returns the offset of the first syntax error; undefined if there is none. */
  readToEnd(): number | undefined {
    try {
      this.#value(this.#next(), [])
      this.#next()
      return this.#start < this.#text.length ? this.#start : undefined
    } catch {
      return this.#start
    }
  }

  offset(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const found = this.#offsets.get(JSON.stringify(path.slice(0, length)))
      if (found !== undefined) return found
    }
    return this.#offsets.get('[]') ?? 0
  }

  #next(): string {
    token.lastIndex = this.#end
    const [whole = '', found = ''] = token.exec(this.#text) ?? []
    this.#end += whole.length
    this.#start = this.#end - found.length
    return found
  }

  #value(found: string, path: Path): void {
    this.#offsets.set(JSON.stringify(path), this.#start)
    if (path.length > deepest) throw new SyntaxError()
    if (found === '{') this.#members(path)
    else if (found === '[') this.#elements(path)
    else JSON.parse(found)
  }

  #members(path: Path): void {
    const names = new Set<string>()
    let found = this.#next()
    if (found === '}') return
    for (;;) {
      const name: unknown = JSON.parse(found)
      if (typeof name !== 'string') throw new SyntaxError()
      if (names.has(name)) this.repeated ??= { name, offset: this.#start }
      names.add(name)
      expect(this.#next(), ':')
      this.#value(this.#next(), [...path, name])
      found = this.#next()
      if (found === '}') return
      expect(found, ',')
      found = this.#next()
    }
  }

  #elements(path: Path): void {
    let found = this.#next()
    if (found === ']') return
    for (let index = 0; ; index++) {
      this.#value(found, [...path, index])
      found = this.#next()
      if (found === ']') return
      expect(found, ',')
      found = this.#next()
    }
  }
}

function expect(found: string, wanted: string): void {
  if (found !== wanted) throw new SyntaxError()
}

/** Line and column, both from 1, such as `3:17`. */
export function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n')
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`
}
