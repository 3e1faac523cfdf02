// The one place where the tests choose undici's major: 8 where Node can load it, unless UNDICI=7.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const loadsUndici8 = major > 22 || (major === 22 && minor >= 19)

export const undiciMajor = loadsUndici8 && process.env.UNDICI !== '7' ? 8 : 7

export const undici: typeof import('undici') =
  undiciMajor === 8
    ? ((await import('undici8')) as unknown as typeof import('undici')) // the types of the majors are not assignable
    : await import('undici')

/** The platform's `fetch` through a dispatcher of the chosen undici, as a user gives it. */
export function platformFetch(
  url: string,
  init: Omit<RequestInit, 'dispatcher'> & { readonly dispatcher: unknown }
): Promise<Response> {
  return globalThis.fetch(url, init as RequestInit) // its types know the dispatcher of its own undici only
}
