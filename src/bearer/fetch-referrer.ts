import { isLoopback } from '../http/loopback.ts'
import type { FetchInit } from './fetch-body.ts'
import type { FetchRequest } from './fetch-request.ts'

type Policy = NonNullable<FetchInit['referrerPolicy']>

const policies: ReadonlySet<string> = new Set([
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url'
])

/** The longest referrer in characters. Of a longer one only the origin is sent. */
const longest = 4096

/**
 * The referrer of the request after a redirect. It is at most the referrer of this request, because a later policy must not reveal
 * more, and follows the policy that the answer sets (W3C Referrer Policy §8.2).
 */
export function referrerAfter(
  { url, options }: FetchRequest,
  response: Response
): Pick<FetchInit, 'referrer' | 'referrerPolicy'> {
  const { referrer, referrerPolicy: policy } = options
  const next = policyOf(response) ?? policy
  const told =
    referrer === undefined || !URL.canParse(referrer) ? referrer : toldReferrer(new URL(referrer), url, policy)
  return { ...(told !== undefined && { referrer: told }), ...(next !== undefined && { referrerPolicy: next }) }
}

/** The last known policy. A server lists them from old to new. */
function policyOf({ headers }: Response): Policy | undefined {
  const listed = headers.get('referrer-policy')?.split(',') ?? []
  return listed.map((name) => name.trim()).findLast((name): name is Policy => policies.has(name))
}

/** The empty string for none (W3C Referrer Policy §8.3). */
function toldReferrer(source: URL, target: URL, policy: Policy | undefined): string {
  if (source.href === 'about:client') return source.href
  if (!/^(https?|wss?|ftp):$/.test(source.protocol)) return ''
  const origin = `${source.origin}/`
  const full = withoutSecrets(source)
  const whole = full.length > longest ? origin : full
  const isSameOrigin = source.origin === target.origin
  const isDowngrade = isTrustworthy(source) && !isTrustworthy(target)
  switch (policy) {
    case 'no-referrer':
      return ''
    case 'origin':
      return origin
    case 'unsafe-url':
      return whole
    case 'same-origin':
      return isSameOrigin ? whole : ''
    case 'origin-when-cross-origin':
      return isSameOrigin ? whole : origin
    case 'no-referrer-when-downgrade':
      return isDowngrade ? '' : whole
    case 'strict-origin':
      return isDowngrade ? '' : origin
    default:
      if (isSameOrigin) return whole
      return isDowngrade ? '' : origin
  }
}

function withoutSecrets(url: URL): string {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  return bare.href
}

function isTrustworthy(url: URL): boolean {
  return /^(https|wss):$/.test(url.protocol) || isLoopback(url) || url.hostname.endsWith('.localhost')
}
