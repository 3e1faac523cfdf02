import { withoutPrototypes } from '../own-members.ts'

/** A member's name with its colon, another string, or a bracket: all that is needed to follow the nesting of valid JSON. */
const landmark = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g

/**
 * JSON in which no object has a member twice: two readers of a signed text must not see two things (RFC 7515 §4, RFC 7519 §4).
 * No object in it has a prototype: a claim that is only inherited is none.
 * @throws SyntaxError
 */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = withoutPrototypes(JSON.parse(text))
  const open: (Set<string> | undefined)[] = []
  for (const [found, colon] of text.matchAll(landmark)) {
    if (found === '{') open.push(new Set())
    else if (found === '[') open.push(undefined)
    else if (found === '}' || found === ']') open.pop()
    else if (colon !== undefined) addName(open.at(-1), JSON.parse(found.slice(0, -colon.length)))
  }
  return value
}

function addName(names: Set<string> | undefined, name: string): void {
  if (names?.has(name)) throw new SyntaxError('A member is repeated.')
  names?.add(name)
}
