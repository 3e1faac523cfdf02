import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { readChallenges } from '../../src/http/challenge.ts'
import {
  type AccessTokenVerifier,
  accessTokenOf,
  accessTokenVerifier,
  protectedResourceMetadata,
  protectedResourceMetadataUrl,
  type RequireTokenOptions,
  type Rule,
  requireToken,
  roles,
  scopes
} from '../../src/resource-server/index.ts'
import { audience, testIssuer } from './issuer.ts'

const { token, verifier } = await testIssuer()

/** Starts a service that greets the client by its name, behind a guard; gives its URL. */
type Start = (verifier: AccessTokenVerifier, rule: Rule, options?: RequireTokenOptions) => Promise<string>

const onNodeHttp: Start = async (...guarded) => {
  const guard = requireToken(...guarded)
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    guard(request, response, () => response.end(accessTokenOf(request).clientId))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const onExpress: Start = async (...guarded) => {
  const app = express().use(express.urlencoded(), (_request, response, next) => {
    response.setHeader('access-control-allow-origin', '*')
    next()
  })
  app.use(requireToken(...guarded), (request, response) => void response.send(accessTokenOf(request).clientId))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const onFastify: Start = async (...guarded) => {
  const app = fastify({ forceCloseConnections: true })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body))))
  )
  app.addHook('onRequest', async (_request, reply) => void reply.header('access-control-allow-origin', '*'))
  app.route({
    method: ['GET', 'POST'],
    url: '/',
    preHandler: requireToken(...guarded),
    handler: async (request) => accessTokenOf(request).clientId
  })
  onTestFinished(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

const frameworks = { 'node:http': onNodeHttp, 'Express 5': onExpress, 'Fastify 5': onFastify }

function call(url: string, authorization?: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    ...init,
    headers: { ...(authorization !== undefined && { authorization }), connection: 'close' }
  })
}

test.each(Object.entries(frameworks))(
  'R4 R6 R7 R15 R43 a service on %s serves who may, and tells the others what RFC 6750 allows',
  async (_name, start) => {
    const reasons: string[] = []
    const url = await start(verifier(), scopes('write_user'), {
      onRefusal: ({ message }) => void reasons.push(message)
    })
    const realm = `realm="${audience}"`

    const welcome = await call(url, `Bearer ${await token({ scope: 'read_user write_user' })}`)
    expect([welcome.status, await welcome.text()]).toEqual([200, 'orders'])
    const cases: [string | undefined, number, string][] = [
      [undefined, 401, `Bearer ${realm}`],
      ['Basic eDp5', 401, `Bearer ${realm}`],
      ['Bearer x y', 400, `Bearer ${realm}, error="invalid_request"`],
      ['Bearer x', 401, `Bearer ${realm}, error="invalid_token"`],
      [`Bearer ${await token({ aud: 'x' })}`, 401, `Bearer ${realm}, error="invalid_token"`],
      [`Bearer ${await token()}`, 403, `Bearer ${realm}, scope="write_user", error="insufficient_scope"`]
    ]
    for (const [authorization, status, challenge] of cases) {
      const response = await call(url, authorization)
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, challenge])
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(await response.text()).toBe('')
    }
    expect(reasons).toHaveLength(cases.length)
    expect(reasons.at(-2)).toBe('The token is for another audience.')
  }
)

test.each(Object.entries(frameworks))(
  'R1 R43 a service on %s judges every request on one connection anew',
  async (_name, start) => {
    const url = await start(verifier(), scopes('read_user'))
    const good = `Bearer ${await token()}`
    for (const [authorization, status] of [
      [good, 200],
      ['Bearer x', 401],
      [good, 200],
      [undefined, 401]
    ] as const)
      expect((await fetch(url, authorization === undefined ? {} : { headers: { authorization } })).status).toBe(status)
  }
)

test.each([
  ['Express 5', onExpress],
  ['Fastify 5', onFastify]
] as const)('R2 a service on %s refuses a token in a form beside the one in the header', async (_name, start) => {
  const url = await start(verifier(), scopes('read_user'))
  const form = { method: 'POST', body: new URLSearchParams({ access_token: await token() }) }
  const headers = { authorization: `Bearer ${await token()}` }
  expect((await fetch(url, { ...form, headers })).status).toBe(400)
  expect((await fetch(url, { ...form, body: new URLSearchParams({ a: 'b' }), headers })).status).toBe(200)
})

test.each(Object.entries(frameworks))(
  'R11 a service on %s that cannot have keys says so with 503, and lets nobody in',
  async (_name, start) => {
    const lost = accessTokenVerifier({ issuer: 'http://127.0.0.1:9', audience })
    onTestFinished(lost.close)
    const response = await call(await start(lost, scopes('read_user')), `Bearer ${await token()}`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(response.headers.has('www-authenticate')).toBe(false)
  }
)

test.each(Object.entries(frameworks))(
  'R43 a rule of your own that throws is an error of the service on %s, not a permission',
  async (_name, start) => {
    const broken: Rule = {
      scope: [],
      allows() {
        throw new Error('broken')
      }
    }
    const heard: string[] = []
    const url = await start(verifier(), broken, { onRefusal: ({ message }) => void heard.push(message) })
    const response = await call(url, `Bearer ${await token()}`)
    expect([response.status, await response.text(), heard]).toEqual([500, '', ['broken']])
  }
)

test('R43 a request that no guard has checked has no token', async () => {
  const server = createServer((request, response) => {
    expect(() => accessTokenOf(request)).toThrow(/Put requireToken\(\) before this handler/)
    response.end('no token')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const response = await call(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect(await response.text()).toBe('no token')
})

test('R4 nothing in a realm splits the challenge', async () => {
  const evil = verifier({ realm: 'a"b\r\nSet-Cookie: x=y\\' })
  const error = await evil.verify(undefined).catch((refusal: { challenge: string }) => refusal)
  const { challenge } = error as { challenge: string }
  expect(challenge).not.toMatch(/[\r\n]/)
  expect(readChallenges(challenge)).toHaveLength(1)
})

test('R44 a challenge leads to the metadata of the resource, which names it exactly', async () => {
  const resource = 'https://users.internal/v1?tenant=a'
  const url = protectedResourceMetadataUrl(resource)
  expect(url).toBe('https://users.internal/.well-known/oauth-protected-resource/v1?tenant=a')
  expect(protectedResourceMetadataUrl('https://users.internal/')).toBe(
    'https://users.internal/.well-known/oauth-protected-resource'
  )
  const document = { resource, authorizationServers: ['https://auth.internal'], scopes: ['read_user'] }
  expect(protectedResourceMetadata(document)).toEqual({
    resource,
    authorization_servers: ['https://auth.internal'],
    scopes_supported: ['read_user'],
    bearer_methods_supported: ['header']
  })
  const refusal = verifier({ resourceMetadata: url }).verify(undefined)
  await expect(refusal).rejects.toMatchObject({ challenge: `Bearer realm="${audience}", resource_metadata="${url}"` })
})

test('R6 roles are not named in a challenge: a client cannot ask for them', async () => {
  const url = await onNodeHttp(verifier(), roles('admin'))
  const response = await call(url, `Bearer ${await token()}`)
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([
    403,
    `Bearer realm="${audience}", error="insufficient_scope"`
  ])
})
