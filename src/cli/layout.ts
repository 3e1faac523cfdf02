/** Prints rows in two columns. Long text in the second column wraps within this column. */
export function columns(rows: readonly (readonly [string, string])[], width: number): string {
  const first = Math.max(...rows.map(([name]) => name.length)) + 4
  return rows
    .map(([name, value]) => {
      const lines = wrapped(value, Math.max(width - first, 30)).split('\n')
      return `  ${name}`.padEnd(first) + lines.join(`\n${' '.repeat(first)}`)
    })
    .join('\n')
}

/** Breaks lines between words, so that only a line with a single long word can be longer than `width`. */
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
