import { publicClient, publicRegistry } from '../registry/public-registry.ts'
import type { ClientRegistration, GrantRegistration, Registry, ServiceRegistration } from '../registry/registration.ts'
import { registrySchema } from '../registry/registry-schema.ts'
import { withGrant } from './preview.ts'
import { notFound, type Route, type RouteCall } from './route.ts'

/** Routes for services, clients and grants. */
export const registryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/registry',
    summary: 'The registry. It contains the names of environment variables instead of secrets.',
    answer: 'A registry.',
    run: ({ parts }) => publicRegistry(parts.registry.current)
  },
  {
    method: 'PUT',
    path: '/registry',
    summary: 'Replaces the registry.',
    body: 'any',
    answer: 'What changed.',
    run: ({ parts, body }) => ({ changes: parts.registry.replace(body as unknown as Registry) })
  },
  {
    method: 'GET',
    path: '/registry.schema.json',
    summary: 'The JSON Schema of a registry.',
    answer: 'A JSON Schema.',
    run: () => registrySchema
  },
  {
    method: 'POST',
    path: '/undo',
    summary: 'Undoes the last change of the registry.',
    answer: 'What changed.',
    run: ({ parts }) => ({ changes: parts.registry.undo() })
  },
  {
    method: 'GET',
    path: '/services',
    summary: 'The services, with the scopes and roles that they declare.',
    answer: 'Service → its registration.',
    run: ({ parts }) => parts.registry.current.services ?? {}
  },
  {
    method: 'PUT',
    path: '/services/{service}',
    summary: 'Declares a service, or replaces its declaration.',
    body: {
      audience: { type: 'string', description: 'The "aud" claim of its tokens.', required: true },
      scopes: { type: 'object', description: 'For each scope, a sentence that says what it allows.' },
      roles: { type: 'object', description: 'For each role, a sentence that says who has it.' }
    },
    answer: 'What changed.',
    run: ({ parts: { registry }, params: { service = '' }, body }) => {
      const services = { ...registry.current.services, [service]: body as unknown as ServiceRegistration }
      return { changes: registry.replace({ ...registry.current, services }) }
    }
  },
  {
    method: 'DELETE',
    path: '/services/{service}',
    summary: 'Removes a service, and all grants for it.',
    answer: 'What changed.',
    run: ({ parts: { registry }, params: { service = '' } }) => {
      const { services = {}, clients, ...rest } = registry.current
      if (!Object.hasOwn(services, service)) throw notFound(`There is no service "${service}".`)
      const without = (names: object) => Object.fromEntries(Object.entries(names).filter(([name]) => name !== service))
      const left = clients.map((client) => ({
        ...client,
        ...(client.may !== undefined && { may: without(client.may) })
      }))
      return { changes: registry.replace({ ...rest, services: without(services), clients: left }) }
    }
  },
  {
    method: 'GET',
    path: '/clients',
    summary: 'The clients, without their secrets.',
    answer: 'A list of registrations.',
    run: ({ parts }) => parts.registry.current.clients.map(publicClient)
  },
  {
    method: 'POST',
    path: '/clients',
    summary: 'Registers a client.',
    body: 'any',
    answer: 'What changed.',
    run: ({ parts: { registry }, body }) => {
      const clients = [...registry.current.clients, body as unknown as ClientRegistration]
      return { changes: registry.replace({ ...registry.current, clients }) }
    }
  },
  {
    method: 'GET',
    path: '/clients/{clientId}',
    summary: 'One client, without its secrets.',
    answer: 'A registration.',
    run: (call) => publicClient(clientOf(call))
  },
  {
    method: 'PATCH',
    path: '/clients/{clientId}',
    summary: 'Changes the given fields of a client: enabled, accessTokenLifetime, claims, credentials, may.',
    body: 'any',
    answer: 'What changed.',
    run: (call) => {
      const { clientId } = clientOf(call)
      return { changes: call.parts.registry.change(clientId, (client) => ({ ...client, ...call.body, clientId })) }
    }
  },
  {
    method: 'DELETE',
    path: '/clients/{clientId}',
    summary: 'Removes a client. Its tokens stay valid until they expire.',
    answer: 'What changed.',
    run: (call) => {
      const { clientId } = clientOf(call)
      const { registry } = call.parts
      const clients = registry.current.clients.filter((client) => client.clientId !== clientId)
      return { changes: registry.replace({ ...registry.current, clients }) }
    }
  },
  {
    method: 'PUT',
    path: '/clients/{clientId}/grants/{service}',
    summary: 'Sets what the client may do at the service, from its next token on.',
    body: {
      scope: { type: 'array', description: 'Scopes that the service declares.' },
      roles: { type: 'array', description: 'Roles that the service declares.' },
      accessTokenLifetime: { type: 'number', description: 'The lifetime of all tokens of the client, in milliseconds.' }
    },
    answer: 'What changed.',
    run: (call) => {
      const { clientId } = clientOf(call)
      const { accessTokenLifetime, ...grant } = call.body as GrantRegistration & { accessTokenLifetime?: number }
      const proposed = { clientId, service: call.params.service ?? '', grant, accessTokenLifetime }
      return { changes: call.parts.registry.change(clientId, (client) => withGrant(client, proposed)) }
    }
  }
]

/** @throws AdminError if there is no such client */
export function clientOf({ parts, params: { clientId = '' } }: RouteCall): ClientRegistration {
  const client = parts.registry.current.clients.find((one) => one.clientId === clientId)
  if (client === undefined) throw notFound(`There is no client "${clientId}".`)
  return client
}
