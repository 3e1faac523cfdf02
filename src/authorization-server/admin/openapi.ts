import { version } from '../../version.ts'
import { faultKinds } from '../faults/fault-kinds.ts'
import { registrySchema } from '../registry/registry-schema.ts'
import type { Member, Route } from './route.ts'
import { faultMembers } from './server-routes.ts'

type Schema = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of `/admin/api`, generated from its routes. */
export function openApi(routes: readonly Route[], needsSecret: boolean): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = `/admin/api${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Control of the development authorization server',
      version,
      description:
        'For development and tests. Bodies are application/json. GET changes nothing. Times are in epoch milliseconds.'
    },
    paths,
    components: {
      ...(needsSecret && { securitySchemes: { adminSecret: { type: 'http', scheme: 'bearer' } } }),
      schemas: {
        Registry: registrySchema,
        Client: registrySchema.properties.clients.items,
        Fault: faultSchema(),
        Error: errorSchema
      }
    },
    ...(needsSecret && { security: [{ adminSecret: [] }] })
  }
}

function operation(route: Route): object {
  const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } }
  })
  const body = bodySchema(route)
  return {
    summary: route.summary,
    operationId: operationId(route),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      ...(route.answer === 'Nothing.'
        ? { 204: { description: 'Done.' } }
        : { 200: { description: route.answer, content: { 'application/json': {} } } }),
      '4XX': {
        description: 'The request is refused, and the answer says why. Nothing has changed.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
      }
    }
  }
}

/** Converts `PUT /clients/{clientId}/grants/{service}` to `putClientsGrants…`, unique in the document. */
function operationId({ method, path }: Route): string {
  const words = path.split(/[/.{}]+/).filter((word) => word !== '')
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

const documents: Readonly<Record<string, string>> = {
  'PUT /registry': 'Registry',
  'POST /clients': 'Client',
  'POST /faults': 'Fault'
}

function bodySchema({ method, path, body }: Route): Schema | undefined {
  if (body === undefined) return undefined
  if (body !== 'any') return objectSchema(body)
  const document = documents[`${method} ${path}`]
  return document === undefined ? { type: 'object' } : { $ref: `#/components/schemas/${document}` }
}

function objectSchema(members: Readonly<Record<string, Member>>): Schema {
  const properties = Object.entries(members).map(([name, { type, description }]) => [name, { type, description }])
  const required = Object.entries(members).flatMap(([name, { required: needed }]) => (needed ? [name] : []))
  return { type: 'object', properties: Object.fromEntries(properties), required, additionalProperties: false }
}

function faultSchema(): Schema {
  const values = Object.entries(faultKinds).flatMap(([fault, { parameters }]) =>
    parameters.map(({ name, about }) => ({ name, description: `${fault}: ${about}` }))
  )
  const properties: Record<string, { description: string }> = {}
  for (const { name, description } of values)
    properties[name] = { description: [properties[name]?.description ?? [], description].flat().join(' ') }
  return {
    ...objectSchema(faultMembers),
    properties: { ...properties, ...memberProperties() },
    additionalProperties: true
  }
}

function memberProperties(): object {
  return Object.fromEntries(
    Object.entries(faultMembers).map(([name, { type, description }]) => [name, { type, description }])
  )
}

const errorSchema: Schema = {
  type: 'object',
  properties: { error: { type: 'string' }, error_description: { type: 'string' } },
  required: ['error', 'error_description']
}
