import { decodeUnreserved } from '../proof/dpop-claims.ts'
import { distinct } from '../token/scope.ts'

/** Characters that Windows and others read as one of `. / \ ; % ? #`, because that is their compatibility form in Unicode or the nearest character of a code page. */
const lookalike = /%e2%(?:80%a[456]|81%84|88%9[56])|%ef%b9%(?:9[246f]|a[8a])|%ef%bc%(?:8[35ef]|9[bf]|bc)/gi
/** Characters that servers and proxies read differently, in a path without unnecessary encoding. */
const disputed = new RegExp(
  `[\\\\;#\\t\\n\\r]|//|%20(?:[/\\\\]|$)|%(?:2[3ef]|3[bf]|5c|0[9ad]|25[\\da-f]{2}|u[\\da-f]{4})|${lookalike.source}`,
  'i'
)
/** Some servers end a string at a NUL. Others read overlong UTF-8 as the character that it hides. */
const hopeless = /%00|%c[01]|%e0%[89]|%f0%8|[\xc0\xc1]/i

/** Whether servers read a path in more than one way. A query is ignored. */
export function isAmbiguous(path: string): boolean {
  return disputed.test(decodeUnreserved(withoutQuery(path))) || isUnreadable(path)
}

/** Whether nobody can say how it is read. */
export function isUnreadable(path: string): boolean {
  return hopeless.test(withoutQuery(path))
}

/** What servers and proxies do with a path, in this order. Some do one of these, some do all, and some do nothing. */
const steps: readonly ((path: string) => string)[] = [
  decodeOnce,
  decodeOnce,
  decodeOnce,
  readKindly,
  (path) => path.replace(/[#?].*/s, ''), // undici sends a fragment; a query that was encoded is one for those who parse twice
  (path) => path.replaceAll('\\', '/'), // as the URL standard has it
  (path) => path.replace(/;[^/]*/g, ''), // parameters of a segment (RFC 3986 §3.3), which servlet containers take off
  (path) => path.replace(/\/+/g, '/')
]

/** The paths that different servers read, each normalised and without duplicates. */
export function readingsOf(path: string): readonly string[] {
  let readings = [withoutQuery(path.replace(/[\t\n\r]|[\0- ]+$/g, ''))] // as the URL standard takes them out
  for (const step of steps) readings = distinct([...readings, ...readings.map(step)])
  return distinct(readings.map((reading) => withoutDotSegments(decodeUnreserved(reading))))
}

function decodeOnce(path: string): string {
  return decodeUnreserved(path.replace(/%(?:2[35f]|3[bf]|5c)/gi, decoded))
}

/** As in Windows, and as in a URL parser that gets a decoded path and removes line breaks and tabs. */
function readKindly(path: string): string {
  return path
    .replace(/%u([\da-f]{4})/gi, (_, code) => simplified(String.fromCharCode(Number.parseInt(code, 16))))
    .replace(lookalike, (encoded) => simplified(decodeURIComponent(encoded)))
    .replace(/%0[9ad]/gi, '')
    .replace(/(?<!%20)(?:%20)+(?=[/\\]|$)/g, '') // Windows ignores spaces at the end of a name; each run of them is looked at once
}

function simplified(character: string): string {
  return character
    .normalize('NFKC')
    .replace(/[\u2044\u2215]/, '/')
    .replace('\u2216', '\\')
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
