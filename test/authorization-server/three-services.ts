import type { Registry } from '../../src/authorization-server/index.ts'
import { exampleRegistry } from '../../src/cli/serve/example-registry.ts'

/** The services of the example that `service-token serve` starts with, and its clients, whose secrets a test can look for. One client may call nobody. */
export const threeServices = {
  services: exampleRegistry.services,
  clients: [
    ...exampleRegistry.clients.map(({ clientId, may }) => ({ clientId, clientSecret: `marker-${clientId}`, may })),
    { clientId: 'nobody', clientSecret: 'marker-nobody' }
  ]
} satisfies Registry

/** A changed copy of the registry. The changes are made on plain JSON. */
export function changedRegistry(change: (document: Json) => void): Registry {
  const document = structuredClone(threeServices) as unknown as Json
  change(document)
  return document as unknown as Registry
}

// biome-ignore lint/suspicious/noExplicitAny: a document that is wrong on purpose has no type
export type Json = Record<string, any>
