import { decodeUnreserved } from '../proof/dpop-claims.ts'
import { distinct } from '../token/scope.ts'

/** Characters that servers and proxies do not agree about. */
const disputed = /[\\;#\t\n\r]|\/\/|%(?:2f|5c|3b)|%25(?:25)*(?:2[ef5]|5c|3b)/i
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

/** What servers and proxies do with a path, in this order: some do one of it, some all, some nothing. */
const steps: readonly ((path: string) => string)[] = [
  (path) => path.replace(/#.*/s, ''), // undici sends it
  decodeSeparators,
  decodeSeparators,
  decodeSeparators,
  (path) => path.replaceAll('\\', '/'), // as the URL standard has it
  (path) => path.replace(/;[^/]*/g, ''), // parameters of a segment (RFC 3986 §3.3), which servlet containers take off
  (path) => path.replace(/\/+/g, '/')
]

/** What different servers make of one path: each normalised, none twice. */
export function readingsOf(path: string): readonly string[] {
  let readings = [withoutQuery(path.replace(/[\t\n\r]|[\0- ]+$/g, ''))] // as the URL standard takes them out
  for (const step of steps) readings = distinct([...readings, ...readings.map(step)])
  return distinct(readings.map((reading) => withoutDotSegments(decodeUnreserved(reading))))
}

function decodeSeparators(path: string): string {
  return path.replace(/%(?:25|2f|5c|3b)/gi, decoded)
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
