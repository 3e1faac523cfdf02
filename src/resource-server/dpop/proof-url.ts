import { targetUri } from '../../proof/dpop-claims.ts'

/** Printable ASCII without `\`, and a host behind the slashes: a parser of URLs would silently correct everything else. */
const strictUrl = /^https?:\/\/[!-.0-[\]-~][!-[\]-~]*$/i

/**
 * The one form of all equal URLs of http and https, without query and fragment (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3). Undefined for
 * what is none, and for one with a user and a password in it.
 */
export function comparableUrl(url: string): string | undefined {
  if (!strictUrl.test(url) || !URL.canParse(url)) return undefined
  const { username, password } = new URL(url)
  return username === '' && password === '' ? targetUri(url) : undefined
}

/** Whether a proof's `htu` is one of the URLs that a request may have been sent to. */
export function isSameTarget(htu: string, candidates: readonly string[]): boolean {
  const target = comparableUrl(htu)
  return target !== undefined && candidates.some((candidate) => target === comparableUrl(candidate))
}
