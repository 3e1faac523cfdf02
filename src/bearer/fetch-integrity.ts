import { fetchFailed } from './fetch-redirect.ts'

const hashes = ['sha256', 'sha384', 'sha512'] as const
type Hash = (typeof hashes)[number]

/**
 * Throws a TypeError, as `fetch` does, if the body does not match the `integrity` of the init (W3C Subresource Integrity
 * §3.3). The base fetch cannot check it, because it sends only one hop, which can be a redirect.
 */
export async function verifyIntegrity(response: Response, integrity: string): Promise<void> {
  if (response.body === null) throw fetchFailed('there is no body to check against `integrity`')
  const expected = strongest(integrity)
  if (expected === undefined) return
  const digest = await crypto.subtle.digest(`SHA-${expected.hash.slice(3)}`, await bytesOf(response.clone()))
  if (!expected.digests.includes(Buffer.from(digest).toString('base64url'))) {
    throw fetchFailed('the body does not match `integrity`')
  }
}

async function bytesOf(response: Response): Promise<ArrayBuffer> {
  try {
    return await response.arrayBuffer()
  } catch (error) {
    throw new TypeError('fetch failed', { cause: error })
  }
}

/** If there are several digests, only those of the strongest hash matter, and one match is enough. Unknown hashes are ignored. */
function strongest(integrity: string): { readonly hash: Hash; readonly digests: readonly string[] } | undefined {
  const read = integrity.split(/[\t\n\f\r ]+/).flatMap((item) => {
    const [, name, digest = ''] = /^(sha256|sha384|sha512)(?:-([^?]*))?(?:\?|$)/i.exec(item) ?? []
    return name === undefined ? [] : [{ hash: name.toLowerCase() as Hash, digest: unpadded(digest) }]
  })
  const hash = hashes.findLast((one) => read.some((item) => item.hash === one))
  if (hash === undefined) return undefined
  return { hash, digests: read.filter((item) => item.hash === hash).map(({ digest }) => digest) }
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
}
