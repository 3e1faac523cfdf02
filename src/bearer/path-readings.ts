/** Characters that servers and proxies do not agree about. */
const disputed = /[\\;#]|\/\/|%(?:2f|5c|3b)|%25(?:25)*(?:2[ef5]|5c|3b)/i
/** A NUL ends a string for some; others read overlong UTF-8 as the character that it hides. */
const hopeless = /%00|%c[01]|%e0%[89]|%f0%8|[\xc0\xc1]/i

/** Whether servers read a path in more than one way. It may carry a query, which is not looked at. */
export function isAmbiguous(path: string): boolean {
  return disputed.test(withoutQuery(path)) || isUnreadable(path)
}

/** Whether nobody can say how it is read. */
export function isUnreadable(path: string): boolean {
  return hopeless.test(withoutQuery(path))
}

interface Reading {
  /** How often encoded separators are decoded before the path is split. */
  readonly decodes: number
  /** A backslash is a slash, as the URL standard has it. */
  readonly backslashes: boolean
  /** Parameters of a segment, `;a=b`, are taken off (RFC 3986 §3.3), as servlet containers do. */
  readonly parameters: boolean
  /** Slashes in a row are one, as many proxies have it. */
  readonly merges: boolean
  /** What stands behind `#` is part of the path: undici sends it. */
  readonly fragment: boolean
}

const either = [false, true]
const ways: readonly Reading[] = [0, 1, 2, 3].flatMap((decodes) =>
  either.flatMap((backslashes) =>
    either.flatMap((parameters) =>
      either.flatMap((merges) => either.map((fragment) => ({ decodes, backslashes, parameters, merges, fragment })))
    )
  )
)

/** What different servers make of one path: each normalised, none twice. */
export function readingsOf(path: string): readonly string[] {
  const sent = withoutQuery(path).replace(/[\t\n\r]/g, '')
  return [...new Set(ways.map((way) => read(sent, way)))]
}

function read(sent: string, { decodes, backslashes, parameters, merges, fragment }: Reading): string {
  let text = fragment ? sent : sent.replace(/#.*/s, '')
  for (let time = 0; time < decodes; time += 1) text = text.replace(/%(?:25|2f|5c|3b)/gi, decoded)
  text = decodeUnreserved(text)
  if (backslashes) text = text.replaceAll('\\', '/')
  if (parameters) text = text.replace(/;[^/]*/g, '')
  if (merges) text = text.replace(/\/+/g, '/')
  return withoutDotSegments(text)
}

/** Percent-encoding is upper case, and no character is encoded that need not be (RFC 3986 §6.2.2). */
export function decodeUnreserved(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = decoded(encoded)
    return /[0-9a-z._~-]/i.test(character) ? character : encoded.toUpperCase()
  })
}

/** RFC 3986 §5.2.4. */
export function withoutDotSegments(path: string): string {
  const segments: string[] = []
  for (const segment of path.slice(1).split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}${/\/\.\.?$/.test(path) && segments.length > 0 ? '/' : ''}`
}

function decoded(encoded: string): string {
  return String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
}

function withoutQuery(path: string): string {
  const start = path.indexOf('?')
  return start === -1 ? path : path.slice(0, start)
}
