import type { TokenRequest } from '../token/token-request.ts'

/** The request that a call names, if it is known. If it is undefined, the options have to be read and checked. */
export type KnownRequest = (options: unknown) => TokenRequest | undefined

/**
 * Recognises a request by its scope, so that the options of a call with one scope token and nothing else are checked only once. In a
 * service with ten thousand tenants every call is like that. `known` remembers the requests by their keys.
 */
export function knownRequest(
  { audience, resource, parameters }: TokenRequest,
  known: { requestOf(key: string): TokenRequest | undefined }
): KnownRequest {
  const hasMore = audience !== undefined || resource.length > 0 || Object.keys(parameters).length > 0
  if (hasMore) return () => undefined // then no key is a scope
  return (options) => {
    const scope = loneScope(options)
    return scope === undefined ? undefined : known.requestOf(scope)
  }
}

/** The scope token, if these options name one scope token and nothing else. Undefined too if they are wrong, or if the token could be the key of another request. */
function loneScope(options: unknown): string | undefined {
  if (typeof options !== 'object' || options === null) return undefined
  let scope: unknown
  for (const name in options) {
    if (name !== 'scope' || !Object.hasOwn(options, name)) return undefined
    scope = (options as { scope: unknown }).scope
  }
  const only: unknown = Array.isArray(scope) && scope.length === 1 ? scope[0] : scope
  return typeof only === 'string' && isLone(only) ? only : undefined
}

/** One scope token that is not empty, and is not the beginning of a key that was made with JSON. */
function isLone(scope: string): boolean {
  return scope !== '' && !scope.startsWith('[') && !scope.includes(' ')
}
