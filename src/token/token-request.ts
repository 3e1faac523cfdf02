import { distinct } from './scope.ts'

/** What a token is asked for. All of it is checked already, and frozen. */
export interface TokenRequest {
  readonly scope: readonly string[]
  readonly audience: string | undefined
  /** Resource indicators (RFC 8707). */
  readonly resource: readonly string[]
  /** Further form fields. */
  readonly parameters: Readonly<Record<string, string>>
  /** The same for two requests exactly when the authorization server could not tell them apart. Holds no secret. */
  readonly key: string
}

export interface TokenRequestFields {
  readonly scope?: readonly string[] | undefined
  readonly audience?: string | undefined
  readonly resource?: readonly string[] | undefined
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

// Shared: thousands of keys that differ in their scope alone need no thousands of empty lists.
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
    // JSON quotes every separator, so no value can pass for two.
    key: JSON.stringify([asked.toSorted(), audience ?? null, resources.toSorted(), fields])
  })
}
