import { isRecord } from '../../record.ts'
import { isScopeToken } from '../../token/scope.ts'
import { isText, type Path, type Report, reportUnknown } from './problems.ts'
import type { ServiceRegistration } from './registration.ts'

/** Names appear in error messages, in URLs and in pictures. */
const serviceName = /^[\w.:/-]{1,100}$/

/** The declarations of the services, as far as they can be read. Undefined in the short form. */
export type DeclaredServices = ReadonlyMap<string, ServiceRegistration> | undefined

export function checkServices(services: unknown, report: Report): DeclaredServices {
  if (services === undefined) return undefined
  if (!isRecord(services)) {
    report(['services'], 'services must be an object with a declaration for each service.')
    return new Map()
  }
  const names = Object.keys(services)
  const audiences = new Map<unknown, string>(names.map((name) => [name, name]))
  for (const [name, service] of Object.entries(services)) checkService(name, service, audiences, report)
  return new Map(Object.entries(services).filter(([, service]) => isRecord(service)) as [string, ServiceRegistration][])
}

/** `audiences` contains the names and audiences that are already in use, because a token request can name a service by either. */
function checkService(name: string, service: unknown, audiences: Map<unknown, string>, report: Report): void {
  const path = ['services', name]
  if (!serviceName.test(name)) report(path, 'The name of a service can only contain letters, digits and . : / - _')
  if (!isRecord(service)) return void report(path, `Service ${name} must be an object with an "audience".`)
  reportUnknown(`Service ${name}`, service, ['audience', 'scopes', 'roles'], path, report)
  const { audience, scopes, roles } = service
  if (!isText(audience))
    report([...path, 'audience'], `Service ${name} needs an audience, which is the "aud" of its tokens.`)
  const other = audiences.get(audience)
  if (other !== undefined && other !== name)
    report([...path, 'audience'], `${name} and ${other} have the same audience. Each service needs its own.`)
  audiences.set(audience, name)
  checkDeclared(`scopes of ${name}`, scopes, isScopeToken, [...path, 'scopes'], report)
  checkDeclared(`roles of ${name}`, roles, isText, [...path, 'roles'], report)
}

function checkDeclared(
  what: string,
  declared: unknown,
  isName: (name: string) => boolean,
  path: Path,
  report: Report
): void {
  if (declared === undefined) return
  if (!isRecord(declared)) return void report(path, `The ${what} must be an object with a sentence for each name.`)
  for (const [name, sentence] of Object.entries(declared)) {
    if (!isName(name))
      report([...path, name], `The ${what} have a name with characters that are not allowed in a scope.`)
    if (typeof sentence !== 'string') report([...path, name], `The ${what} need a description of ${name}, as a string.`)
  }
}
