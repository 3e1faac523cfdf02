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

/** Such an error is thrown before anything is sent, perhaps by another realm. A network failure has a cause, or a code of its own. */
function refusesTheOption(error: unknown): boolean {
  const { message, cause, code = '' } = Object(error)
  if (cause !== undefined || !/^(\d*|ERR_INVALID_ARG_\w+)$/.test(code)) return false
  return /\b(request)?cache\b|no-store|not implemented|not supported|unsupported/i.test(message)
}
