import { expect, onTestFinished, test } from 'vitest'
import { nodeHttp } from '../../src/adapters/index.ts'
import { ClientClosedError, createTokenClient, type TokenClient, TokenClientError } from '../../src/index.ts'
import { http, rawServer } from '../http/raw-server.ts'

async function refusedClient() {
  const refusal = http('{"error":"invalid_scope"}', [], '400 Bad Request')
  const server = await rawServer(({ socket }) => void socket.write(refusal))
  const tokens = createTokenClient({
    tokenEndpoint: `${server.origin}/token`,
    clientId: 'orders',
    clientSecret: 's3cret'
  })
  onTestFinished(() => tokens.close())
  return { server, tokens }
}

async function failureOf(call: () => Promise<unknown>): Promise<Error> {
  async function callerOfMine() {
    await call()
  }
  return callerOfMine().then(
    () => expect.fail('the call did not fail'),
    (error) => error
  )
}

test('W30 each caller without a token finds its own lines in the stack of the one failure', async () => {
  const { server, tokens } = await refusedClient()
  async function firstCaller() {
    await tokens.getToken()
  }
  async function secondCaller() {
    await tokens.getToken({ maxWait: 5000 })
  }
  const [first, second] = await Promise.all([failureOf(firstCaller), failureOf(secondCaller)])
  expect(first?.stack).toMatch(/at (async )?firstCaller .*caller-frames.test.ts/)
  expect(first?.stack).toMatch(/at (async )?callerOfMine/)
  expect(second?.stack).toMatch(/at (async )?secondCaller/)
  expect(first).toMatchObject({ code: 'ERR_INVALID_SCOPE', status: 400, oauthError: 'invalid_scope' })
  expect(first).toBeInstanceOf(TokenClientError)
  expect(server.requests).toHaveLength(1)
})

test('W30 a remembered failure has the lines of the caller that is told it again', async () => {
  const { tokens } = await refusedClient()
  await tokens.getToken().catch(() => {})
  async function lateCaller() {
    await tokens.getToken()
  }
  expect((await failureOf(lateCaller)).stack).toMatch(/at (async )?lateCaller/)
})

test('W30 a call by createFetch has the lines that await it, the first time and when the failure is remembered', async () => {
  const { tokens } = await refusedClient()
  const callUsers = tokens.createFetch({ origins: ['https://users.internal'] })
  async function callingFunction() {
    await callUsers('https://users.internal/users/42')
  }
  expect((await failureOf(callingFunction)).stack).toMatch(/at (async )?callingFunction/)
  const again = await failureOf(callingFunction)
  expect(again.stack).toMatch(/at (async )?callingFunction/)
  expect(again).toMatchObject({ code: 'ERR_INVALID_SCOPE', oauthError: 'invalid_scope' })
})

test('W30 ready() tells its caller as well', async () => {
  const { tokens } = await refusedClient()
  async function starter() {
    await tokens.ready()
  }
  expect((await failureOf(starter)).stack).toMatch(/at (async )?starter/)
})

test('W30 who waits while the client closes gets the error of that class, and its own lines', async () => {
  const server = await rawServer()
  const tokens = createTokenClient({
    tokenEndpoint: `${server.origin}/token`,
    clientId: 'orders',
    clientSecret: 's3cret'
  })
  async function waiter() {
    await tokens.getToken()
  }
  const failing = failureOf(waiter)
  await server.next()
  await tokens.close()
  const failure = await failing
  expect(failure).toBeInstanceOf(ClientClosedError)
  expect(failure.stack).toMatch(/at (async )?waiter/)
})

test('W30 what a signal is aborted with reaches its caller as it is', async () => {
  const { tokens } = await refusedClient()
  const reason = new Error('mine')
  const leaving = new AbortController()
  const left = tokens.getToken({ signal: leaving.signal })
  leaving.abort(reason)
  await expect(left).rejects.toBe(reason)
})

test('W30 a call by nodeHttp has the lines that await it, the first time and when the failure is remembered', async () => {
  const { tokens } = await refusedClient()
  const send = nodeHttp(tokens, { origins: ['https://users.internal'] })
  async function sendingFunction() {
    await send('https://users.internal/users/42')
  }
  expect((await failureOf(sendingFunction)).stack).toMatch(/at (async )?sendingFunction/)
  expect((await failureOf(sendingFunction)).stack).toMatch(/at (async )?sendingFunction/)
})

test.each<[string, (tokens: TokenClient) => Promise<unknown>]>([
  ['getToken()', (tokens) => tokens.getToken()],
  ['getToken() with a scope', (tokens) => tokens.getToken({ scope: 'read' })],
  ['refresh()', (tokens) => tokens.refresh()],
  ['headers()', (tokens) => tokens.headers({ method: 'GET', url: 'https://users.internal' })]
])('W30 after close(), %s tells its caller at once, with its lines', async (_, call) => {
  const { tokens } = await refusedClient()
  await tokens.close()
  async function lateCaller() {
    await call(tokens)
  }
  const failure = await failureOf(lateCaller)
  expect(failure).toBeInstanceOf(ClientClosedError)
  expect(failure.stack).toMatch(/at (async )?lateCaller/)
})
