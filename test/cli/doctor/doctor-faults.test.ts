import { describe, expect, onTestFinished, test } from 'vitest'
import { startAuthorizationServer } from '../../../src/authorization-server/index.ts'
import { faultRows } from './fault-rows.ts'
import { developmentServer, doctor, secret } from './run-doctor.ts'

const { found } = doctor()

describe('a fault of the development server is one finding', () => {
  const cases = faultRows.map(([name, fault, set, settings = {}]) => ({ name, fault, set, settings }))

  // These run in parallel, because most of them wait between two attempts.
  test.concurrent.for(cases)('$name: $fault', async ({ name, set, settings }, { onTestFinished }) => {
    const server = await developmentServer(onTestFinished)
    set(server)
    expect(await found(server.issuer, settings)).toEqual([name])
  })

  test('at least 25 kinds of faults have different findings', () => {
    expect(new Set(faultRows.map(([name]) => name)).size).toBeGreaterThanOrEqual(25)
  })

  test('dpop-demanded: tokens without a key, from a server that gives this client no others', async () => {
    const server = await startAuthorizationServer({
      clients: [{ clientId: 'orders', clientSecret: secret, scope: ['read_user'], dpop: 'required' }]
    })
    onTestFinished(server.close)
    expect(await found(server.issuer)).toEqual(['dpop-demanded'])
    expect(await found(server.issuer, { DPOP: 'true' })).toEqual([])
  })

  test('method-not-offered: another method than those it lists', async () => {
    const server = await startAuthorizationServer({
      clients: [{ clientId: 'orders', clientSecret: secret, scope: ['read_user'] }],
      authenticationMethods: ['client_secret_post']
    })
    onTestFinished(server.close)
    expect(await found(server.issuer, { AUTHENTICATION_METHOD: 'client_secret_basic' })).toEqual(['method-not-offered'])
  })
})
