import { targetUri } from '../../proof/dpop-claims.ts'

/** Allows only printable ASCII without `\`, and requires a host after the slashes, because a URL parser would silently correct anything else. */
const strictUrl = /^https?:\/\/[!-.0-[\]-~][!-[\]-~]*$/i

/**
 * Normalizes an http or https URL and removes its query and fragment (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3). The result is undefined if it
 * is not such a URL, or if it contains a user and a password.
 */
export function comparableUrl(url: string): string | undefined {
  if (!strictUrl.test(url) || !URL.canParse(url)) return undefined
  const { username, password } = new URL(url)
  return username === '' && password === '' ? targetUri(url) : undefined
}

/** Whether the `htu` of a proof equals one of the URLs to which the client may have sent the request. */
export function isSameTarget(htu: string, candidates: readonly string[]): boolean {
  const target = comparableUrl(htu)
  return target !== undefined && candidates.some((candidate) => target === comparableUrl(candidate))
}
