import type { Registry } from '../../src/authorization-server/index.ts'

/** Three services, and three clients of which one may call two of them. */
export const threeServices = {
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
    { clientId: 'shop', clientSecret: 'marker-shop', may: { orders: { scope: ['place_order'] } } },
    {
      clientId: 'orders',
      clientSecret: 'marker-orders',
      may: { users: { scope: ['read_user'], roles: ['support'] }, billing: { scope: ['charge', 'refund'] } }
    },
    { clientId: 'billing', clientSecret: 'marker-billing', may: { users: { scope: ['read_user'] } } },
    { clientId: 'nobody', clientSecret: 'marker-nobody' }
  ]
} satisfies Registry

/** A copy with something else in it; the changes are made on plain JSON. */
export function changedRegistry(change: (document: Json) => void): Registry {
  const document = structuredClone(threeServices) as unknown as Json
  change(document)
  return document as unknown as Registry
}

// biome-ignore lint/suspicious/noExplicitAny: a document that is wrong on purpose has no type
export type Json = Record<string, any>
