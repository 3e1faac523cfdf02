/** Two columns: the second one wraps under itself. */
export function columns(rows: readonly (readonly [string, string])[], width: number): string {
  const first = Math.max(...rows.map(([name]) => name.length)) + 4
  return rows
    .map(([name, value]) => {
      const lines = wrapped(value, Math.max(width - first, 30)).split('\n')
      return `  ${name}`.padEnd(first) + lines.join(`\n${' '.repeat(first)}`)
    })
    .join('\n')
}

/** Breaks between words, so that no line is longer than `width` unless a word is. */
export function wrapped(text: string, width: number): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}
