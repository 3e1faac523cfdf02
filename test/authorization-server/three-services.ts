import type { Registry } from '../../src/authorization-server/index.ts'
import { story } from '../../src/cli/serve/story.ts'

/** The services of the story that `service-token serve` tells, and its callers with secrets that a test looks for; one may call nobody. */
export const threeServices = {
  services: story.services,
  clients: [
    ...story.clients.map(({ clientId, may }) => ({ clientId, clientSecret: `marker-${clientId}`, may })),
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
