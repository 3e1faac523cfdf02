import { withoutPrototypes } from '../own-members.ts'
import { checkedFields, kindOf, plainObject, stringList, wrong } from '../wrong-option.ts'
import { rfc9068 } from './profiles/rfc9068.ts'
import type { TokenProfile } from './profiles/token-profile.ts'
import type { RoleClaims } from './role-claims.ts'

/** The options that replace parts of the profile. */
export interface ProfileOptions {
  readonly profile?: TokenProfile
  readonly requiredClaims?: readonly string[]
  readonly roles?: RoleClaims
  readonly clientIdClaim?: string
  readonly scopeClaim?: string
}

export const profileOptionNames = ['profile', 'requiredClaims', 'roles', 'clientIdClaim', 'scopeClaim'] as const

const neededLists = ['types', 'required', 'clientId', 'scope', 'roles', 'client', 'user'] as const
const otherLists = ['must', 'mustNot', 'audience', 'subject', 'issuers', 'audiences', 'keyUses'] as const
const lists = [...neededLists, ...otherLists]
const verbs = ['is', 'oneOf', 'startsWith', 'notStartsWith', 'endsWith', 'sameAs', 'differsFrom']
const plainTypes = ['jwt', '']

/** Merges the other options into the profile. @throws ClientConfigurationError */
export function checkedProfile(options: ProfileOptions, acceptsPlainJwt: boolean): TokenProfile {
  const profile = checkProfile(options.profile ?? rfc9068())
  const { requiredClaims, roles, clientIdClaim, scopeClaim } = options
  if (requiredClaims !== undefined) stringList('requiredClaims', requiredClaims)
  return {
    ...profile,
    required: requiredClaims ?? profile.required.filter((name) => !(acceptsPlainJwt && name === 'jti')),
    ...(acceptsPlainJwt && { types: [...profile.types, ...plainTypes] }),
    ...(roles !== undefined && { roles: roles.map((at) => ({ at: stringList('roles', at) })) }),
    ...(clientIdClaim !== undefined && { clientId: [stringList('clientIdClaim', [clientIdClaim])] }),
    ...(scopeClaim !== undefined && {
      scope: [{ at: stringList('scopeClaim', [scopeClaim]), form: 'words' as const }]
    }),
    // A server that does not follow RFC 9068 may allow a user to have the same name as a client.
    ...(acceptsPlainJwt && options.profile === undefined && { client: [], user: [] })
  }
}

/** Checks a custom profile at the start, because its mistakes would otherwise show with the first token or let a wrong one through. */
function checkProfile(profile: TokenProfile): TokenProfile {
  if (typeof profile === 'function') wrong('profile', 'is a function', 'Call it: keycloak().')
  const given = checkedFields('profile', profile, ['name', ...lists])
  for (const name of lists) {
    const { [name]: value } = given
    if (value !== undefined && !Array.isArray(value))
      wrong(`profile.${name}`, `must be an array, but is ${kindOf(value)}`, 'See the type TokenProfile.')
  }
  for (const name of neededLists)
    if (given[name] === undefined)
      wrong(`profile.${name}`, 'is missing', 'Start from { ...rfc9068(), … }.', 'ERR_MISSING_OPTION')
  if (given.types.length === 0) wrong('profile.types', 'is empty', "Give ['at+jwt'], or '' for tokens without a type.")
  if (given.clientId.length === 0) wrong('profile.clientId', 'is empty', "Give paths, as in [['client_id']].")
  for (const path of [...given.clientId, ...(given.subject ?? [])]) stringList('profile.clientId and subject', path)
  const { must = [], mustNot = [], scope, roles, audience = [], client, user } = given
  for (const place of [...must, ...mustNot, ...scope, ...roles, ...audience, ...[...client, ...user].flat()]) {
    plainObject('profile', place, 'Its tests and places are objects with a path `at`.')
    stringList('profile: a path `at`', place.at)
  }
  for (const test of [...must, ...mustNot, ...[...client, ...user].flat()]) {
    const [verb, ...more] = Object.keys(test).filter((name) => name !== 'at' && name !== 'suffix')
    if (verb === undefined || more.length > 0 || !verbs.includes(verb))
      wrong('profile', 'has a test without a condition', `Beside \`at\`, give one of: ${verbs.join(', ')}.`)
  }
  if ([...client, ...user].some((alternative) => !Array.isArray(alternative) || alternative.length === 0))
    wrong(
      'profile.client and user',
      'must be lists of alternatives, each a list of tests',
      'Leave the list empty if no test can tell.'
    )
  return plainCopy({ ...given, types: given.types.map((type) => String(type).toLowerCase()) })
}

function plainCopy(profile: TokenProfile): TokenProfile {
  try {
    return withoutPrototypes(structuredClone(profile))
  } catch {
    return wrong('profile', 'must be plain data', 'Use a rule for anything else.')
  }
}
