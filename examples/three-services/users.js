import { accessTokenOf, anyOf, roles, scopes } from 'service-token-client/resource-server'
import { startService } from './service.js'

/** Knows everybody's address. It calls nobody. */
export function startUsers({ issuer }) {
  return startService({
    name: 'users',
    issuer,
    routes: {
      'GET /users/42': { rule: scopes('read_user'), handle: () => ({ name: 'Ada', city: 'London' }) },
      'PUT /users/42': {
        rule: anyOf(scopes('write_user'), roles('support')),
        handle: (request) => ({ changedBy: accessTokenOf(request).clientId })
      }
    }
  })
}
