import * as undici from 'undici'

export { undici }

/** The major that `vitest.config.ts` has chosen. */
export const undiciMajor = Number(process.env.UNDICI)

/** The platform's `fetch` through a dispatcher of the chosen undici, as a user gives it. */
export function platformFetch(
  url: string,
  init: Omit<RequestInit, 'dispatcher'> & { readonly dispatcher: unknown }
): Promise<Response> {
  return globalThis.fetch(url, init as RequestInit) // its types know the dispatcher of its own undici only
}
