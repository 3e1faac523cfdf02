import { type FetchBody, lasting, noBody } from './fetch-body.ts'
import { referrerAfter } from './fetch-referrer.ts'
import type { FetchRequest } from './fetch-request.ts'

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Headers that describe a body, and are removed together with it. */
const bodyFields = ['content-encoding', 'content-language', 'content-location', 'content-length', 'content-type']
/** Fields that are meant for one origin. */
const originFields = ['authorization', 'proxy-authorization', 'cookie', 'host']

const mostRedirects = 20

/**
 * The request that an answer redirects to, by the rules of the fetch standard ("HTTP-redirect fetch"); undefined when the answer
 * is no redirect. Throws a TypeError, as `fetch` does, for a redirect that must not be followed.
 */
export async function redirectOf(
  request: FetchRequest,
  response: Response,
  followed: number
): Promise<FetchRequest | undefined> {
  const url = locationOf(response, request.url)
  if (url === undefined) return undefined
  if (!/^https?:$/.test(url.protocol)) throw fetchFailed('a redirect leads to a URL that is not HTTP')
  if (followed === mostRedirects) throw fetchFailed(`there were more than ${mostRedirects} redirects`)
  if (url.username !== '' || url.password !== '') throw fetchFailed('a redirect leads to a URL with user information')
  const { status } = response
  if (status !== 303 && request.body.isStream) throw fetchFailed('a body that is a stream cannot follow a redirect')
  const headers = new Headers(request.headers)
  const isSameOrigin = url.origin === request.url.origin
  if (!isSameOrigin) remove(headers, originFields)
  const options = { ...request.options, ...referrerAfter(request, response) }
  const next = { ...request, url, headers, options, source: undefined }
  if (!becomesGet(status, request.method)) return { ...next, body: await bodyAlong(request.body) }
  remove(headers, bodyFields)
  return { ...next, method: 'GET', body: noBody }
}

async function bodyAlong(body: FetchBody): Promise<FetchBody> {
  const again = await body.again()
  if (again === undefined) throw fetchFailed('the body of the `Request` is too large to be sent along a redirect')
  return lasting(again)
}

/** The error of `fetch` if there is no answer. */
export function fetchFailed(reason: string): TypeError {
  return new TypeError('fetch failed', { cause: new Error(`fetch failed: ${reason}.`) })
}

function locationOf(response: Response, from: URL): URL | undefined {
  const location = redirectStatuses.has(response.status) ? response.headers.get('location') : null
  if (location === null) return undefined
  // Some servers write it as UTF-8, which arrives as one character for each byte.
  const text = /[^\x20-\x7e]/.test(location) ? Buffer.from(location, 'latin1').toString() : location
  if (!URL.canParse(text, from.href)) throw fetchFailed('a redirect leads to an invalid URL')
  const url = new URL(text, from)
  if (url.hash === '') url.hash = from.hash
  return url
}

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD'
  return (status === 301 || status === 302) && method === 'POST'
}

function remove(headers: Headers, names: readonly string[]): void {
  for (const name of names) headers.delete(name)
}
