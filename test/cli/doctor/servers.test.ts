import type { JWK } from 'jose'
import { OAuth2Server } from 'oauth2-mock-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AuthorizationServer } from '../../../src/authorization-server/index.ts'
import { resources, startOidcProvider } from '../../conformance/oidc-provider-server.ts'
import { listen } from '../../support/road.ts'
import { developmentServer, doctor, environmentOf, secret } from './run-doctor.ts'

const { found, run } = doctor()

describe('a server of another kind is one finding', () => {
  /** A token endpoint that takes a request whose header and form fit. */
  function endpoint(
    accepts: (authorization: string, form: URLSearchParams) => boolean,
    token = 'opaque'
  ): Promise<string> {
    return listen(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const good = accepts(request.headers.authorization ?? '', form)
      response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          good ? { access_token: token, token_type: 'Bearer', expires_in: 3600 } : { error: 'invalid_client' }
        )
      )
    })
  }

  async function keysOf({ jwksUri }: AuthorizationServer): Promise<JWK[]> {
    const { keys } = (await (await fetch(jwksUri)).json()) as { keys: JWK[] }
    return keys
  }

  const at = (origin: string) => ({ ISSUER: '', TOKEN_ENDPOINT: `${origin}/token` })
  const basic = (id: string, password: string) => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`

  test('secret-refuses-encoding: it does not decode the Basic header', async () => {
    const origin = await endpoint((authorization) => authorization === basic('orders', secret))
    expect(await found('', at(origin))).toEqual(['secret-refuses-encoding'])
  })

  test('method-other-works: it needs the secret in the form', async () => {
    const origin = await endpoint((_, form) => form.get('client_secret') === secret)
    expect(await found('', at(origin))).toEqual(['method-other-works'])
  })

  test('no finding: it writes the time in the form of asctime(), and this machine is in India', async () => {
    const origin = await listen((_, response) => {
      const [, day, date, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date().toUTCString()) ?? []
      response.writeHead(200, { date: `${day} ${month} ${date} ${time} ${year}`, 'content-type': 'application/json' })
      response.end(JSON.stringify({ access_token: 'opaque', token_type: 'Bearer', expires_in: 3600 }))
    })
    const environment = { ...environmentOf('', at(origin)), TZ: 'Asia/Kolkata' }
    expect(JSON.parse((await run(['doctor', '--json'], { environment })).stdout).findings).toEqual([])
  })

  test('audience-wrong: its token is for somebody else', async () => {
    const claims = Buffer.from(JSON.stringify({ aud: 'billing' })).toString('base64url')
    const origin = await endpoint(() => true, `eyJhbGciOiJub25lIn0.${claims}.c2ln`)
    expect(await found('', { ...at(origin), AUDIENCE: 'users' })).toEqual(['audience-wrong'])
  })

  test('token-issuer: its token names another issuer', async () => {
    const server = await developmentServer()
    server.faults.alter({ members: { issuer: server.issuer.replace('127.0.0.1', 'localhost') } }, { at: 'metadata' })
    expect(await found(server.issuer.replace('127.0.0.1', 'localhost'))).toEqual(['token-issuer'])
  })

  test('signature-wrong: two servers share a name, and sign with keys of their own', async () => {
    const server = await developmentServer()
    const [own] = await keysOf(server)
    const stranger = await developmentServer()
    const [other] = await keysOf(stranger)
    server.faults.alter({ members: { keys: [{ ...other, kid: own?.kid }] } }, { at: 'jwks' })
    expect(await found(server.issuer)).toEqual(['signature-wrong'])
  })
})

describe('no false alarm', () => {
  test('at a development server, with every kind of request', async () => {
    const server = await developmentServer()
    for (const settings of [{}, { SCOPE: 'read_user' }, { SCOPE: 'read_user write_user', AUDIENCE: 'users' }])
      expect(await found(server.issuer, settings)).toEqual([])
    expect(await found('', { ISSUER: '', TOKEN_ENDPOINT: server.tokenEndpoint })).toEqual([])
  })

  test.each(['client_secret_basic', 'client_secret_post'] as const)('at oidc-provider, by %s', async (method) => {
    await using provider = await startOidcProvider([
      { clientId: 'orders', clientSecret: 'plain-secret-of-orders', method }
    ])
    const settings = { CLIENT_SECRET: 'plain-secret-of-orders', AUTHENTICATION_METHOD: method, SCOPE: 'read_user' }
    for (const RESOURCE of [resources.jwt, resources.opaque])
      expect(await found(provider.issuer, { ...settings, RESOURCE })).toEqual([])
    expect(await found(provider.issuer, settings)).toEqual([])
  })

  test('at oauth2-mock-server', async () => {
    const server = new OAuth2Server()
    await server.issuer.keys.generate('RS256')
    await server.start(0, '127.0.0.1')
    onTestFinished(() => server.stop())
    expect(await found(server.issuer.url ?? '', { SCOPE: 'read_user' })).toEqual([])
  })
})
