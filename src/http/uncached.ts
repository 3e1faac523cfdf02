import { ownMembers } from '../own-members.ts'

type Fetch = typeof globalThis.fetch
type FetchInput = Parameters<Fetch>[0]

/** Those that refuse the word `cache` in a request. */
const withoutCacheOption = new WeakSet<Fetch>()

/** Frameworks put caches into `fetch`, and an answer that was kept there can be out of date. Some platforms know no such option. */
export async function uncached(fetch: Fetch, input: FetchInput, given: RequestInit): Promise<Response> {
  const init = ownMembers(given)
  if (withoutCacheOption.has(fetch)) return fetch(input, init)
  try {
    return await fetch(input, Object.assign(ownMembers(init), { cache: 'no-store' }))
  } catch (error) {
    if (!refusesTheOption(error) || init.signal?.aborted) throw error
    withoutCacheOption.add(fetch)
    return fetch(input, init)
  }
}

/** Such an error is thrown before anything is sent. A network failure has a cause or a code. */
function refusesTheOption(error: unknown): boolean {
  if (!(error instanceof Error) || error.cause !== undefined || 'code' in error) return false
  return /\bcache\b|not implemented|not supported|unsupported/i.test(error.message)
}
