import { expect, test } from 'vitest'
import { road } from '../support/road.ts'

test('ready() with requests has a token of each at hand, and no first call waits', async () => {
  const { tokens, tokenRequests } = await road({ scope: ['admin'] })
  const routes = {
    'https://users.internal': { scope: ['read_user'] },
    'https://orders.internal': { scope: ['write_user'], audience: 'orders', maxWait: 1000 }
  }
  await tokens.ready({ requests: Object.values(routes) })
  expect(tokenRequests()).toBe(2)
  await tokens.getToken({ scope: ['read_user'], maxWait: 0 })
  await tokens.getToken({ scope: ['write_user'], audience: 'orders', maxWait: 0 })
  expect(tokenRequests()).toBe(2)
})

test('they are kept warm, calls or no calls', async () => {
  const { tokens, clock, tokenRequests } = await road()
  await tokens.ready({ requests: [{ scope: ['read_user'] }, { scope: ['write_user'] }] })
  await clock.advance(25 * 3_600_000)
  expect(tokenRequests()).toBeGreaterThanOrEqual(6)
  await tokens.getToken({ scope: ['read_user'], maxWait: 0 })
  await tokens.getToken({ scope: ['write_user'], maxWait: 0 })
})

test('one that is refused rejects, and the others are there', async () => {
  const { tokens } = await road()
  await expect(tokens.ready({ requests: [{ scope: 'nope' }, { scope: 'read_user' }] })).rejects.toMatchObject({
    code: 'ERR_INVALID_SCOPE'
  })
  await tokens.getToken({ scope: 'read_user' })
})

test.each([
  [{ requests: {} }, 'ready.requests must be an array'],
  [{ requests: [] }, 'ready.requests is empty'],
  [{ requests: ['read_user'] }, 'ready.requests[0] must be an object'],
  [{ requests: [{ scopes: [] }] }, 'ready.requests[0].scopes is not an option'],
  [{ requests: [{ scope: '"' }] }, 'ready.requests[0].scope has a member'],
  [{ request: {} }, 'ready.request is not an option']
])('ready(%j) is refused by name', async (options, message) => {
  const { tokens } = await road()
  await expect(tokens.ready(options as never)).rejects.toThrow(message)
})
