/** A member's name with its colon, another string, or a bracket: all that is needed to follow the nesting of valid JSON. */
const landmark = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g

/**
 * JSON in which no object has a member twice: two readers of a signed text must not see two things (RFC 7515 §4, RFC 7519 §4).
 * No object in it has a prototype: a claim that is only inherited is none.
 * @throws SyntaxError
 */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const members = settle(value)
  // Of a member that was there twice one is left. Where no name stands apart from its colon, each has a `":`, and few other places do:
  // as many of these as members mean that none is missing. That settles nearly all texts, and quickly.
  if (apart.some((gap) => text.includes(gap)) || namesIn(text) !== members) checkNames(text)
  return value
}

const apart = [' :', '\t:', '\n:', '\r:']

function namesIn(text: string): number {
  let names = 0
  for (let at = text.indexOf('":'); at >= 0; at = text.indexOf('":', at + 2)) names++
  return names
}

/** Counts the members, and takes the prototypes away on the way: what somebody has put on `Object.prototype` is no claim. */
function settle(value: unknown): number {
  const pending: unknown[] = [value]
  let members = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const inside: readonly unknown[] = Array.isArray(next) ? next : Object.values(next)
    if (inside !== next) {
      members += inside.length
      Object.setPrototypeOf(next, null)
    }
    for (const one of inside) if (typeof one === 'object') pending.push(one)
  }
  return members
}

function checkNames(text: string): void {
  const open: (Set<string> | undefined)[] = []
  for (const [found, colon] of text.matchAll(landmark)) {
    if (found === '{') open.push(new Set())
    else if (found === '[') open.push(undefined)
    else if (found === '}' || found === ']') open.pop()
    else if (colon !== undefined) addName(open.at(-1), JSON.parse(found.slice(0, -colon.length)))
  }
}

function addName(names: Set<string> | undefined, name: string): void {
  if (names?.has(name)) throw new SyntaxError('A member is repeated.')
  names?.add(name)
}
