/** Path and query as they travel. The URL parser rewrites some characters of a query; RFC 6749 §3.2 has it retained. */
export function requestTarget(text: string): string {
  const { pathname, search } = new URL(text)
  const query = text.includes('?') ? text.slice(text.indexOf('?')) : ''
  return pathname + (/^[\x21\x22\x24-\x7e]*$/.test(query) ? query : search)
}
