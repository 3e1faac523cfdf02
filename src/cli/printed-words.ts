const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const units: readonly (readonly [string, number])[] = [
  ['d', day],
  ['h', hour],
  ['min', minute],
  ['s', second]
]

/** A time span in its two largest units, such as `11 h 58 min`. */
export function span(ms: number): string {
  const whole = Math.round(Math.abs(ms) / second) * second
  const largest = units.findIndex(([, size]) => whole >= size)
  if (largest === -1) return '0 s'
  const [[name, size], next] = [units[largest] ?? ['s', second], units[largest + 1]]
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[1])
  const first = `${Math.floor(whole / size)} ${name}`
  return rest === 0 || next === undefined ? first : `${first} ${rest} ${next[0]}`
}

/** A time and its distance from now, such as `2026-03-01 08:00:00Z, in 11 h 58 min`. */
export function moment(at: number, now: number): string {
  const date = new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
  return `${date}, ${at >= now ? `in ${span(at - now)}` : `${span(now - at)} ago`}`
}

/** Makes a value from elsewhere safe to print: no character in it can control the terminal. */
export function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`
  )
}
