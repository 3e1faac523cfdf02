import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { adminServer } from './admin.ts'
import type { Json } from './three-services.ts'
import { threeServices } from './three-services.ts'

test('the OpenAPI document describes each call, and its schemas are JSON Schemas', async () => {
  const { admin } = await adminServer()
  const { body } = await admin('GET /openapi.json')
  expect(body).toMatchObject({ openapi: '3.1.0', info: { title: expect.any(String), version: expect.any(String) } })
  const operations = Object.entries<Json>(body.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]) => ({ path, method, ...operation }) as Json)
  )
  expect(operations.length).toBeGreaterThan(20)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  for (const { path, summary, parameters = [], requestBody, responses } of operations) {
    expect(summary).toMatch(/\.$/)
    const named = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]: string[]) => name)
    expect(parameters.map(({ name }: Json) => name)).toEqual(named)
    expect(Object.keys(responses)).toContain('4XX')
    const schema = requestBody?.content['application/json'].schema
    if (schema !== undefined) schemaFor(body, schema)
  }
  expect(schemaFor(body, { $ref: '#/components/schemas/Registry' })(threeServices)).toBe(true)
  expect(body.components.securitySchemes).toBeUndefined()
})

test('what the document says about a body is what the server demands', async () => {
  const { admin } = await adminServer()
  const { body } = await admin('GET /openapi.json')
  const schema = body.paths['/admin/api/clock'].put.requestBody.content['application/json'].schema
  const validate = schemaFor(body, schema)
  for (const [given, well] of [
    [{ offset: 1 }, true],
    [{}, false],
    [{ offset: 'x' }, false],
    [{ offset: 1, more: 1 }, false]
  ] as const) {
    expect(validate(given)).toBe(well)
    expect((await admin('PUT /clock', given)).status).toBe(well ? 200 : 400)
  }
  const fault = schemaFor(body, { $ref: '#/components/schemas/Fault' })
  expect([fault({ fault: 'slow', ms: 5, at: 'token' }), fault({ ms: 5 })]).toEqual([true, false])
})

test('with an admin secret the document says that it is needed', async () => {
  const { admin } = await adminServer({ adminSecret: 'marker-admin-secret-1' })
  const { body } = await admin('GET /openapi.json', undefined, { authorization: 'Bearer marker-admin-secret-1' })
  expect(body.security).toEqual([{ adminSecret: [] }])
  expect(body.components.securitySchemes).toEqual({ adminSecret: { type: 'http', scheme: 'bearer' } })
  expect(JSON.stringify(body)).not.toContain('marker')
})

function schemaFor(document: Json, schema: object) {
  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } })
  return ajv.compile({ ...schema, components: document.components })
}

test('docs/authorization-server.md has each call, and no other', async () => {
  const { admin } = await adminServer()
  const { body } = await admin('GET /openapi.json')
  const calls = Object.entries<Json>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.slice('/admin/api'.length)}`)
  )
  const page = readFileSync(new URL('../../docs/authorization-server.md', import.meta.url), 'utf8')
  const documented = Array.from(page.matchAll(/^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)` \|/gm), ([, call]) => call)
  expect(documented.toSorted()).toEqual(calls.toSorted())
})
