/** What to do about an unknown name: suggests the name that was probably meant, and lists all names. */
export function knownNames(unknown: string, known: readonly string[]): string {
  const meant = nearestName(unknown, known)
  const remedy = meant === undefined ? 'Remove it.' : `Remove it or correct it: did you mean ${meant}?`
  return `${remedy} The known names are: ${known.join(', ') || 'none'}.`
}

/** The name that was probably meant. It differs in at most two letters, and case does not matter. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const near = known
    .map((one) => ({ one, letters: distance(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, letters }) => letters <= 2 && letters < one.length / 2)
    .sort((a, b) => a.letters - b.letters)
  return near[0]?.one
}

/** How many letters have to be inserted, removed or changed (Levenshtein distance). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let line = 1; line <= from.length; line++) {
    const above = row
    row = [line]
    for (let column = 1; column <= to.length; column++) {
      const change = Number(above[column - 1]) + (from[line - 1] === to[column - 1] ? 0 : 1)
      row.push(Math.min(change, Number(above[column]) + 1, Number(row[column - 1]) + 1))
    }
  }
  return Number(row[to.length])
}
