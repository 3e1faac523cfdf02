/** URLs that a redirect interceptor below ours has come to, the one that answers included. Few requests have any. */
const visited = new WeakMap<object, readonly URL[]>()

/** undici's redirect interceptor gives the URLs along with each start of a request, and adds to them as it goes. */
export function noteRedirects(attempt: object, context: unknown): void {
  const { history } = (context ?? {}) as { readonly history?: readonly URL[] }
  if (Array.isArray(history)) visited.set(attempt, history)
}

export function wasRedirected(attempt: object): boolean {
  return (visited.get(attempt)?.length ?? 0) > 1
}

/** Whether the request has left the origin: undici takes the token out there, so no answer that follows is about it. */
export function hasLeft(attempt: object, origin: string): boolean {
  return visited.get(attempt)?.some((url) => url.origin !== origin) ?? false
}
