import { ownMembers } from '../own-members.ts'
import { type TokenRequest, type TokenRequestFields, tokenRequest } from '../token/token-request.ts'
import type { Patience } from '../waiting/patience.ts'
import { checkedFields, kindOf, milliseconds, nonEmptyString, plainObject, shownName, wrong } from '../wrong-option.ts'
import { ownSignal } from './own-signal.ts'
import { presentationNames } from './presentation-options.ts'
import { resourceOption, scopeOption } from './scope-and-resource.ts'

/** What a token request asks for. */
export interface RequestOptions {
  /** Scope tokens as a list, or as a string with spaces between them (RFC 6749 §3.3). Order and repetitions do not matter. */
  readonly scope?: string | readonly string[]
  /** The audience, for servers that expect one in the token request. */
  readonly audience?: string
  /** Resource indicators (RFC 8707): absolute URIs of the services that the token is for. */
  readonly resource?: string | readonly string[]
  /** Additional form fields of the token request. Names that belong to the grant or to the authentication are refused. */
  readonly parameters?: Readonly<Record<string, string>>
}

export const requestOptionNames = ['scope', 'audience', 'resource', 'parameters'] as const

const ownedNames = [
  'grant_type',
  'scope',
  'audience',
  'resource',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type'
]

const noFields: TokenRequestFields = Object.freeze(ownMembers({}))

/** Returns `fallback` with the given fields replaced. Throws ClientConfigurationError; its message names the place as `where`. */
export function checkedRequest(
  where: string,
  given: RequestOptions,
  fallback: TokenRequestFields = noFields
): TokenRequest {
  const { scope, audience, resource, parameters } = given
  return tokenRequest({
    scope: scope === undefined ? fallback.scope : scopeOption(`${where}.scope`, scope),
    audience: audience === undefined ? fallback.audience : audienceOption(`${where}.audience`, audience),
    resource: resource === undefined ? fallback.resource : resourceOption(`${where}.resource`, resource),
    parameters: parameters === undefined ? fallback.parameters : parametersOption(`${where}.parameters`, parameters)
  })
}

function audienceOption(option: string, value: unknown): string {
  return nonEmptyString(option, value, 'Give the audience as one string, or leave it out.')
}

function parametersOption(option: string, value: unknown): Record<string, string> {
  const remedy = 'Give an object of form fields, each with a string that is not empty.'
  plainObject(option, value, remedy)
  const fields = Object.entries(value).map(([name, field]) => {
    if (ownedNames.includes(name)) {
      wrong(`${option}.${name}`, 'belongs to the grant or to the client authentication', 'Use the option made for it.')
    }
    if (typeof field !== 'string')
      wrong(`${option}.${shownName(name)}`, `must be a string, but is ${kindOf(field)}`, remedy)
    if (name === '' || field === '') wrong(`${option}.${shownName(name)}`, 'is empty', remedy)
    return [name, field] as const
  })
  return Object.fromEntries(fields)
}

/** How long one caller waits. */
export interface WaitOptions {
  /** Aborting it rejects this call only, with the signal's reason. The shared token request continues. */
  readonly signal?: AbortSignal
  /** How many milliseconds the call may wait in total, instead of `timeout`. With 0 it only takes a token that is already there. */
  readonly maxWait?: number
}

export interface GetTokenOptions extends RequestOptions, WaitOptions {}

export const waitOptionNames = ['signal', 'maxWait'] as const
const longestWait = 24 * 60 * 60 * 1000

/** For `getToken` and `refresh`. */
export function checkedAsking(
  options: GetTokenOptions,
  fallback: TokenRequest,
  where = 'getToken'
): [TokenRequest, Patience] {
  const given = checkedFields(where, options, [...requestOptionNames, ...waitOptionNames])
  return [checkedRequest(where, given, fallback), patienceOf(where, given)]
}

export interface ReadyOptions extends WaitOptions {
  /** The token requests to make, instead of the default request. For example the values of a policy's `routes`. */
  readonly requests?: readonly RequestOptions[]
}

/** For `ready`. */
export function checkedReady(options: ReadyOptions, fallback: TokenRequest): [readonly TokenRequest[], Patience] {
  const given = checkedFields('ready', options, [...waitOptionNames, 'requests'])
  return [warmUpRequests(given.requests, fallback), patienceOf('ready', given)]
}

function warmUpRequests(given: unknown, fallback: TokenRequest): readonly TokenRequest[] {
  if (given === undefined) return [fallback]
  const remedy = "Give what tokens shall be asked for, like [{ scope: ['read_user'] }, { audience: 'billing' }]."
  if (!Array.isArray(given)) wrong('ready.requests', `must be an array, but is ${kindOf(given)}`, remedy)
  if (given.length === 0) wrong('ready.requests', 'is empty', remedy)
  return given.map((request, index) => {
    const where = `ready.requests[${index}]`
    const names = [...requestOptionNames, ...presentationNames, 'maxWait'] // a rule of a policy can be given as it is
    return checkedRequest(where, checkedFields(where, request as RequestOptions, names), fallback)
  })
}

export function maxWaitOption(option: string, value: unknown): number | undefined {
  return value === undefined ? undefined : milliseconds(option, value, { least: 0, most: longestWait })
}

export function patienceOf(where: string, { signal: given, maxWait }: WaitOptions): Patience {
  const signal = ownSignal(given)
  if (given !== undefined && signal === undefined) {
    wrong(`${where}.signal`, `must be an AbortSignal, but is ${kindOf(given)}`, "Give an AbortController's signal.")
  }
  return { signal, maxWait: maxWaitOption(`${where}.maxWait`, maxWait) }
}
