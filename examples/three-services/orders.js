import { scopes } from 'service-token-client/resource-server'
import { startService } from './service.js'

/** Takes orders. It asks users who is ordering, and has billing write the invoice: another token for each. */
export function startOrders({ issuer, users, billing, tokens }) {
  const call = tokens.createFetch({
    routes: {
      [users.origin]: { scope: 'read_user', audience: 'users' },
      [billing.origin]: { scope: 'charge', audience: 'billing' }
    }
  })
  return startService({
    name: 'orders',
    issuer,
    routes: {
      'POST /orders': {
        rule: scopes('place_order'),
        async handle() {
          const { name } = await (await call(`${users.origin}/users/42`)).json()
          const billed = await call(`${billing.origin}/invoices`, { method: 'POST' })
          if (billed.status !== 201) return { status: 502, error: `billing answered ${billed.status}` }
          return { status: 201, order: 7, for: name, ...(await billed.json()) }
        }
      }
    }
  })
}
