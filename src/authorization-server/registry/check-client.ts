import { isRecord } from '../../record.ts'
import { isScopeToken } from '../../token/scope.ts'
import type { DeclaredServices } from './check-services.ts'
import { credentialNames, keptCredentials } from './credentials.ts'
import { isText, type Path, type Report, reportUnknown } from './problems.ts'
import type { NonceRule } from './registration.ts'

const shortForm = ['scope', 'roles', 'authorities', 'audience']
const known = [
  'clientId',
  'may',
  ...shortForm,
  'claims',
  'accessTokenLifetime',
  'dpop',
  'dpopNonces',
  'enabled',
  ...credentialNames
]

/** The claims that the server sets in every token. */
const ownClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'roles', 'authorities', 'cnf']

/** Reports the problems of one client. The sentences name the client, but never contain its credentials. */
export function checkClient(client: unknown, path: Path, services: DeclaredServices, report: Report): void {
  if (!isRecord(client)) return void report(path, 'Every client must be an object.')
  const { clientId, accessTokenLifetime, dpop, dpopNonces, enabled, claims } = client
  if (!isText(clientId)) return void report([...path, 'clientId'], 'Every client needs a clientId.')
  const name = `client "${clientId}"`
  const at = (field: string) => [...path, field]
  reportUnknown(name, client, known, path, report)
  if (services === undefined) checkShortForm(name, client, path, report)
  else checkGrants(name, client, path, services, report)
  if (accessTokenLifetime !== undefined && !isLifetime(accessTokenLifetime))
    report(at('accessTokenLifetime'), `accessTokenLifetime of ${name} is in milliseconds and must be at least 1000.`)
  if (dpop !== undefined && dpop !== 'optional' && dpop !== 'required')
    report(at('dpop'), `dpop of ${name} must be "optional" or "required".`)
  if (dpopNonces !== undefined && !isNonceRule(dpopNonces))
    report(at('dpopNonces'), `dpopNonces of ${name} must be true, false or "once".`)
  if (enabled !== undefined && typeof enabled !== 'boolean')
    report(at('enabled'), `enabled of ${name} must be true or false.`)
  checkClaims(name, claims, at('claims'), report)
  checkCredentials(name, client, path, report)
}

function checkShortForm(name: string, client: Readonly<Record<string, unknown>>, path: Path, report: Report): void {
  const { scope, may } = client
  if (may !== undefined)
    report(
      [...path, 'may'],
      `may of ${name} grants rights at services, but the registry has no "services". Add them beside "clients".`
    )
  else if (!isTextList(scope) || !scope.every(isScopeToken))
    report([...path, 'scope'], `scope of ${name} must be an array of scopes, such as ['read_user'].`)
  for (const field of ['roles', 'authorities', 'audience'])
    if (client[field] !== undefined && !isTextList(client[field]))
      report([...path, field], `${field} of ${name} must be an array of strings.`)
}

function checkGrants(
  name: string,
  client: Readonly<Record<string, unknown>>,
  path: Path,
  services: NonNullable<DeclaredServices>,
  report: Report
): void {
  for (const field of shortForm.filter((one) => client[one] !== undefined))
    report(
      [...path, field],
      `${field} of ${name} does not say which service it is for. Write it inside "may", under the name of the service.`
    )
  const { may = {} } = client
  if (!isRecord(may))
    return void report([...path, 'may'], `may of ${name} must be an object with a grant for each service.`)
  for (const [service, grant] of Object.entries(may)) {
    const place = [...path, 'may', service]
    const declared = services.get(service)
    if (declared === undefined) {
      const names = listed([...services.keys()])
      report(place, `${name} may call "${service}", which is not a service. The services are: ${names}.`)
    } else if (!isRecord(grant)) {
      report(
        place,
        `The grant of ${name} for ${service} must be an object with "scope" and "roles". Both are optional.`
      )
    } else {
      const { scopes: scope, roles } = declared
      checkGrant(`${name} at ${service}`, grant, place, { service, scope, roles }, report)
    }
  }
}

interface Declared {
  readonly service: string
  readonly scope: unknown
  readonly roles: unknown
}

function checkGrant(
  what: string,
  grant: Readonly<Record<string, unknown>>,
  path: Path,
  { service, ...declared }: Declared,
  report: Report
): void {
  reportUnknown(what, grant, ['scope', 'roles'], path, report)
  for (const field of ['scope', 'roles'] as const) {
    const { [field]: granted = [] } = grant
    if (!isTextList(granted)) {
      report([...path, field], `${field} of ${what} must be an array of strings.`)
      continue
    }
    const names = isRecord(declared[field]) ? Object.keys(declared[field]) : []
    granted.forEach((one, index) => {
      if (!names.includes(one))
        report(
          [...path, field, index],
          `${service} does not declare ${one} among its ${fieldName[field]}. It declares: ${listed(names)}.`
        )
      if (granted.indexOf(one) !== index)
        report([...path, field, index], `${one} of ${what} is listed twice. Keep one.`)
    })
  }
}

const fieldName = { scope: 'scopes', roles: 'roles' }

function checkClaims(name: string, claims: unknown, path: Path, report: Report): void {
  if (claims === undefined) return
  if (!isRecord(claims)) return void report(path, `claims of ${name} must be an object.`)
  for (const claim of Object.keys(claims))
    if (ownClaims.includes(claim))
      report([...path, claim], `claims of ${name} cannot contain ${claim}, because the server sets it in every token.`)
}

function checkCredentials(name: string, client: object, path: Path, report: Report): void {
  try {
    keptCredentials(client)
  } catch (error) {
    report(path, `${name} ${error instanceof Error ? error.message : 'has unusable credentials.'}`)
  }
}

/** Whether this is a valid lifetime of tokens, in milliseconds. */
export function isLifetime(ms: unknown): ms is number {
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 1000
}

export function isNonceRule(value: unknown): value is NonceRule {
  return typeof value === 'boolean' || value === 'once'
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}
