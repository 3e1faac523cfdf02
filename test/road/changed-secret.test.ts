import { expect, onTestFinished, test, vi } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { memoryStore } from '../support/memory-store.ts'

const clock = manualClock()
const sealingKey = Buffer.alloc(32, 1).toString('base64')

// The first client of a process is created before the code for its token requests is loaded.
test.each([
  ['the first client of a process', {}],
  ['the first client of a process, with a store,', { store: memoryStore(clock), sealingKey }]
])('X6 %s sees within a second that a refused secret has changed', async (_, sharing) => {
  vi.resetModules()
  const { createTokenClient } = await import('../../src/index.ts')
  const clients = [{ clientId: 'orders', clientSecret: 'the new secret', scope: ['read_user'] }]
  const server = await startAuthorizationServer({ clock, clients })
  onTestFinished(server.close)
  let clientSecret = 'the old secret'
  const given = { issuer: server.issuer, clientId: 'orders', clientSecret: () => clientSecret, clock }
  const tokens = createTokenClient({ ...given, ...sharing })
  onTestFinished(() => tokens.close())
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  clientSecret = 'the new secret'
  await clock.advance(1000)
  expect((await tokens.getToken()).scope).toEqual(['read_user'])
})
