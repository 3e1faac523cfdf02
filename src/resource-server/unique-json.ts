/** Matches a member's name with its colon, another string, or a bracket. This is enough to follow the nesting of valid JSON. */
const landmark = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g

/**
 * Parses JSON and rejects duplicate members, because two parsers could read a signed text differently (RFC 7515 §4, RFC 7519 §4).
 * The objects have no prototype, so that inherited properties are not taken for claims.
 * @throws SyntaxError
 */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const members = settle(value)
  // Parsing keeps only one of two equal members. Each member has a `":`, unless there is a space before its colon, and little else has one:
  // if there are as many of these as members, no member was lost. This fast check is enough for nearly all texts.
  if (apart.some((gap) => text.includes(gap)) || namesIn(text) !== members) checkNames(text)
  return value
}

const apart = [' :', '\t:', '\n:', '\r:']

function namesIn(text: string): number {
  let names = 0
  for (let at = text.indexOf('":'); at >= 0; at = text.indexOf('":', at + 2)) names++
  return names
}

/** Counts the members and removes the prototypes, so that a property of `Object.prototype` is not taken for a claim. */
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
