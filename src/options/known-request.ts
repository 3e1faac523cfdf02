import type { TokenRequest } from '../token/token-request.ts'

/** The request that a call names, if it is known; undefined when its options are to be read and checked. */
export type KnownRequest = (options: unknown) => TokenRequest | undefined

/**
 * Knows a request again by its scope, so that a call that names one scope token and nothing else is not checked a second time: a
 * service with ten thousand tenants makes each call so. `find` gives the request that has this key.
 */
export function knownRequest(
  { audience, resource, parameters }: TokenRequest,
  find: (key: string) => TokenRequest | undefined
): KnownRequest {
  const hasMore = audience !== undefined || resource.length > 0 || Object.keys(parameters).length > 0
  if (hasMore) return () => undefined // then no key is a scope
  return (options) => {
    const scope = loneScope(options)
    return scope === undefined ? undefined : find(scope)
  }
}

/** The one scope token that these options name, if they name nothing else. Undefined for what is wrong, too, or could be another's key. */
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

/** Neither empty nor several, and not the beginning of a key that was made with JSON. */
function isLone(scope: string): boolean {
  return scope !== '' && !scope.startsWith('[') && !scope.includes(' ')
}
