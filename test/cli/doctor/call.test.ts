import { describe, expect, test } from 'vitest'
import { accessTokenVerifier, answerFor } from '../../../src/resource-server/index.ts'
import { listen } from '../../support/road.ts'
import { developmentServer, doctor } from './run-doctor.ts'

const { found } = doctor()

describe('--call', () => {
  const answers: Readonly<Record<string, readonly [number, Record<string, string>]>> = {
    'call-token-refused': [401, { 'www-authenticate': 'Bearer error="invalid_token"' }],
    'call-scope-missing': [403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="admin"' }],
    'call-redirected': [302, { location: 'https://login.test' }],
    'call-failed': [502, {}]
  }

  test.each(Object.entries(answers))('%s', async (name, [status, headers]) => {
    const server = await developmentServer()
    const origin = await listen((_, response) => response.writeHead(status, headers).end())
    expect(await found(server.issuer, {}, ['--call', `${origin}/users/42`])).toEqual([name])
  })

  test('call-demands-dpop, and a call with DPoP is made as the service makes it, with the nonce that is demanded', async () => {
    const server = await developmentServer()
    const verifier = accessTokenVerifier({
      issuer: server.issuer,
      audience: 'users',
      dpop: { tokens: 'required', nonces: true }
    })
    const origin = await listen(async (request, response) => {
      const { status, headers } = await verifier.verify(request).then(() => ({ status: 200, headers: {} }), answerFor)
      response.writeHead(status, headers).end()
    })
    const ofUsers = { AUDIENCE: 'users' }
    expect(await found(server.issuer, ofUsers, ['--call', origin])).toEqual(['call-demands-dpop'])
    expect(await found(server.issuer, { ...ofUsers, DPOP: 'true' }, ['--call', origin])).toEqual([])
    await verifier.close()
  })

  test('call-failed: nothing listens there', async () => {
    const server = await developmentServer()
    expect(await found(server.issuer, {}, ['--call', 'http://127.0.0.1:9/'])).toEqual(['call-failed'])
  })

  test('plain-http: the token does not leave this machine in clear', async () => {
    const server = await developmentServer()
    expect(await found(server.issuer, {}, ['--call', 'http://users.internal/'])).toEqual(['plain-http'])
  })

  test('a service that accepts the token is not a finding, and neither is a resource that does not exist', async () => {
    const server = await developmentServer()
    const seen: unknown[] = []
    const origin = await listen(({ headers }, response) => {
      seen.push(headers.authorization)
      response.writeHead(404).end()
    })
    expect(await found(server.issuer, {}, ['--call', origin])).toEqual([])
    expect(seen).toEqual([expect.stringMatching(/^Bearer eyJ/)])
  })
})
