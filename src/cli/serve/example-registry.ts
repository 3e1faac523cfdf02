import type { Registry } from 'service-token-client/authorization-server'

/** An example of three services and their clients, for somebody who has no registry yet. */
export const exampleRegistry = {
  services: {
    users: {
      audience: 'https://users.internal',
      scopes: { read_user: 'Read users', write_user: 'Change users' },
      roles: { support: 'Helps people who are stuck' }
    },
    billing: { audience: 'https://billing.internal', scopes: { charge: 'Take money', refund: 'Give money back' } },
    orders: { audience: 'https://orders.internal', scopes: { place_order: 'Place an order' } }
  },
  clients: [
    {
      clientId: 'shop',
      clientSecret: 'shop, on this machine',
      may: { orders: { scope: ['place_order'] } },
      accessTokenLifetime: 40_000
    },
    {
      clientId: 'orders',
      clientSecret: 'orders, on this machine',
      may: { users: { scope: ['read_user'], roles: ['support'] }, billing: { scope: ['charge', 'refund'] } },
      accessTokenLifetime: 30_000
    },
    {
      clientId: 'billing',
      clientSecret: 'billing, on this machine',
      may: { users: { scope: ['read_user'] } },
      accessTokenLifetime: 20_000
    }
  ]
} satisfies Registry
