import { distinct, joinScope } from './scope.ts'

/** What a token request asks for. It is already checked, and frozen. */
export interface TokenRequest {
  readonly scope: readonly string[]
  readonly audience: string | undefined
  /** Resource indicators (RFC 8707). */
  readonly resource: readonly string[]
  /** Further form fields. */
  readonly parameters: Readonly<Record<string, string>>
  /** Two requests have the same key exactly if the authorization server could not tell them apart. The key contains no secret. */
  readonly key: string
}

export interface TokenRequestFields {
  readonly scope?: readonly string[] | undefined
  readonly audience?: string | undefined
  readonly resource?: readonly string[] | undefined
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

// These are shared, so that thousands of requests that differ only in their scope do not need thousands of empty lists.
const noResource: readonly string[] = Object.freeze([])
const noParameters: Readonly<Record<string, string>> = Object.freeze({})

export function tokenRequest({
  scope = [],
  audience,
  resource = noResource,
  parameters = noParameters
}: TokenRequestFields): TokenRequest {
  const asked = distinct(scope)
  const resources = distinct(resource)
  const fields = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.freeze({
    scope: Object.freeze(asked),
    audience,
    resource: resources.length === 0 ? noResource : Object.freeze(resources),
    parameters: fields.length === 0 ? noParameters : Object.freeze(Object.fromEntries(fields)),
    key: keyOf(asked, audience, resources, fields)
  })
}

/** Most requests differ only in their scope, which contains no quotes. Its own text is then the key and needs no memory of its own. */
function keyOf(
  scope: readonly string[],
  audience: string | undefined,
  resource: readonly string[],
  fields: readonly (readonly [string, string])[]
): string {
  const [first = ''] = scope
  if (audience === undefined && resource.length === 0 && fields.length === 0)
    return scope.length > 1 ? joinScope(scope.toSorted()) : first
  // JSON escapes every separator, so one value cannot look like two.
  return JSON.stringify([scope.toSorted(), audience ?? null, resource.toSorted(), fields])
}
