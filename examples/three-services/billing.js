import { scopes } from 'service-token-client/resource-server'
import { startService } from './service.js'

/** Writes invoices. It asks users for the address. */
export function startBilling({ issuer, users, tokens }) {
  const call = tokens.createFetch({ routes: { [users.origin]: { scope: 'read_user', audience: 'users' } } })
  return startService({
    name: 'billing',
    issuer,
    routes: {
      'POST /invoices': {
        rule: scopes('charge'),
        async handle() {
          const { city } = await (await call(`${users.origin}/users/42`)).json()
          return { status: 201, invoice: 1, sentTo: city }
        }
      }
    }
  })
}
