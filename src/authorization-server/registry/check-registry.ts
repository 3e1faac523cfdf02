import { isRecord } from '../../record.ts'
import { checkClient } from './check-client.ts'
import { checkServices, type DeclaredServices } from './check-services.ts'
import { isText, type Problem, type Report, reportUnknown } from './problems.ts'

/** All problems of a registry, in the order of the document. If there are none, it is a `Registry`. */
export function checkRegistry(document: unknown): readonly Problem[] {
  const problems: Problem[] = []
  const report: Report = (path, sentence) => problems.push({ path, sentence })
  if (!isRecord(document)) {
    report([], 'A registry must be an object with "clients" and, optionally, "services".')
    return problems
  }
  reportUnknown('The registry', document, ['$schema', 'services', 'clients'], [], report)
  const services = checkServices(document.services, report)
  checkClients(document.clients, services, report)
  return problems
}

function checkClients(clients: unknown, services: DeclaredServices, report: Report): void {
  if (!Array.isArray(clients))
    return void report(['clients'], 'The registry needs an array "clients", which may be empty.')
  const known = new Set<unknown>()
  clients.forEach((client: unknown, index) => {
    checkClient(client, ['clients', index], services, report)
    const clientId = isRecord(client) ? client.clientId : undefined
    if (isText(clientId) && known.has(clientId))
      report(['clients', index, 'clientId'], `Client "${clientId}" is registered twice. Keep one.`)
    known.add(clientId)
  })
}
