import type { TokenRequest } from '../token/token-request.ts'

/** The key of the request that a call names, if its options show it at once. If it is undefined, they have to be read and checked. */
export type KeyOfCall = (options: unknown) => string | undefined

/**
 * Reads the key of a request from the options of a call with one scope token and nothing else, because that scope is the key. If the
 * request is known, such options are not checked again. In a service with ten thousand tenants every call is like that.
 */
export function keyOfCall({ audience, resource, parameters }: TokenRequest): KeyOfCall {
  const hasMore = audience !== undefined || resource.length > 0 || Object.keys(parameters).length > 0
  return hasMore ? () => undefined : loneScope // with more, no key is a scope
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
