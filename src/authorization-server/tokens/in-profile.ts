import type { JWTPayload } from 'jose'
import type { ClaimPath, ClaimTest, NamesPlace, TokenProfile } from '../../resource-server/profiles/token-profile.ts'
import { joinScope, splitScope } from '../../token/scope.ts'

type Claims = Record<string, unknown>

// A profile accepts more forms than its server writes. These lists say which form the server writes.
const writesScopeAsList: readonly string[] = [
  'duende',
  'hydra',
  'okta',
  'springAuthorizationServer',
  'springOAuth2',
  'xsuaa'
]
const writesEveryClientId: readonly string[] = ['xsuaa']

/** Converts the claims of an RFC 9068 token to the claims that servers of a profile write. */
export function inProfile(standard: JWTPayload, profile: TokenProfile | undefined): JWTPayload {
  if (profile === undefined) return standard
  const { iss, sub, client_id, aud, iat, exp, jti, scope = '', roles = [], ...own } = standard
  const clientId = String(client_id)
  const { required, audience: [audience = { at: ['aud'] }] = [] } = profile
  const token: Claims = { ...own, ...known({ iss, iat }, required), sub, exp, jti }
  write(token, audience.at, aud)
  for (const place of writesEveryClientId.includes(profile.name) ? profile.clientId : profile.clientId.slice(0, 1))
    write(token, place, clientId)
  writeRights(token, profile, splitScope(String(scope)), roles as readonly string[])
  for (const test of [...(profile.must ?? []), ...(profile.client[0] ?? [])]) satisfy(token, test, clientId)
  for (const name of required) token[name] ??= name === 'nbf' ? iat : clientId
  return token
}

/** The `typ` of the header; undefined if tokens of this profile have none. */
export function typeIn({ types: [first] }: Pick<TokenProfile, 'types'>): string | undefined {
  return first === 'jwt' ? 'JWT' : first || undefined
}

/** Removes claims that the server of the profile does not write, because the profile requires other claims but not these. */
function known(claims: Claims, required: readonly string[]): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => required.length === 0 || required.includes(name)))
}

function writeRights(token: Claims, profile: TokenProfile, scope: readonly string[], roles: readonly string[]): void {
  const [scopePlace] = profile.scope
  const [rolesPlace] = profile.roles
  // If a scope identifies a user's token, the rights of a client are in its roles.
  const isUsers = profile.user.some(([test]) => test !== undefined && isPresence(test, scopePlace))
  const asList = writesScopeAsList.includes(profile.name)
  if (scopePlace !== undefined && !isUsers)
    writeNames(token, asList ? { ...scopePlace, form: 'list' } : scopePlace, scope)
  if (rolesPlace !== undefined) writeNames(token, rolesPlace, isUsers ? [...scope, ...roles] : roles)
}

function isPresence(test: ClaimTest, place: NamesPlace | undefined): boolean {
  return 'is' in test && test.is === 'present' && String(test.at) === String(place?.at)
}

function writeNames(token: Claims, { at, form, prefix = '' }: NamesPlace, names: readonly string[]): void {
  if (names.length === 0) return
  const written = names.map((name) => prefix + name)
  const asKeys = form === 'keys' && Object.fromEntries(written.map((name) => [name, {}]))
  write(token, at, form === 'words' ? joinScope(written) : asKeys || written)
}

/** Sets claims so that the token passes the test. Tests that only a user's token can fail pass already. */
function satisfy(token: Claims, test: ClaimTest, clientId: string): void {
  const { at } = test
  const value = read(token, at)
  const text = typeof value === 'string' ? value : clientId
  if ('is' in test) write(token, at, test.is === 'absent' ? undefined : (value ?? clientId))
  else if ('oneOf' in test) write(token, at, test.oneOf.find((one) => one === value) ?? test.oneOf[0])
  else if ('startsWith' in test) write(token, at, text.startsWith(test.startsWith) ? text : test.startsWith + text)
  else if ('endsWith' in test) write(token, at, text.endsWith(test.endsWith) ? text : text + test.endsWith)
  else if ('sameAs' in test) {
    const other = test.sameAs === 'clientId' ? clientId : read(token, test.sameAs)
    write(token, at, `${other}${test.suffix ?? ''}`)
  }
}

function read(token: Claims, [name = '', ...inner]: ClaimPath): unknown {
  const value = token[name]
  if (inner.length === 0 || typeof value !== 'object' || value === null) return inner.length === 0 ? value : undefined
  return read(value as Claims, inner)
}

/** Sets a claim; `undefined` removes it. */
function write(token: Claims, [name = '', ...inner]: ClaimPath, value: unknown): void {
  if (inner.length === 0 && value === undefined) delete token[name]
  else if (inner.length === 0) token[name] = value
  else if (value !== undefined) {
    const before = token[name]
    const member = typeof before === 'object' && before !== null ? { ...before } : {}
    write(member as Claims, inner, value)
    token[name] = member
  }
}
