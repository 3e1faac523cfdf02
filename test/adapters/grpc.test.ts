import { credentials, InterceptingCall, type Interceptor, Metadata, status } from '@grpc/grpc-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { grpcInterceptor } from '../../src/adapters/index.ts'
import { type BearerPolicy, type TokenClient, tokenOptions } from '../../src/index.ts'
import { loopbackProxy } from '../http/loopback-proxy.ts'
import { settled, until } from '../support/bearer.ts'
import { road } from '../support/road.ts'
import { generous, rejectionsOf, waiting, withoutToken } from './api.ts'
import { client, collected, type Judge, type Service, service } from './grpc-service.ts'

const { UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED } = status

/** A client with a token, and a service that refuses this token until the test says otherwise. */
async function refusing(judge?: Judge, options?: Parameters<typeof service>[1]) {
  const { tokens, clock } = await road()
  const { authorization: refused } = await tokens.getToken()
  await clock.advance(1000)
  const rejections = rejectionsOf(tokens)
  const users = await service(
    judge ?? ((given) => (given === refused ? { code: UNAUTHENTICATED } : undefined)),
    options
  )
  return { tokens, users, refused, rejections, calls: connect(tokens, users) }
}

function connect(
  tokens: TokenClient,
  { target, secure }: Service,
  policy: BearerPolicy = { origins: [`https://${target}`] }
) {
  return client(target, secure, { interceptors: [grpcInterceptor(tokens, policy, secure)] })
}

test('W11 D1 grpc: a unary call is made once more with another token', async () => {
  const { users, calls, refused, rejections } = await refusing()
  expect(await calls.unary('hello')).toBe('hello')
  expect(users.calls.map(([, authorization]) => authorization === refused)).toEqual([true, false])
  expect(rejections).toMatchObject([{ origin: `https://${users.target}`, status: 401 }])
})

test('W11 D1 grpc: the whole stream of the client is sent again', async () => {
  const { users, calls } = await refusing()
  const messages = ['one', 'two', 'three', 'four']
  expect(await calls.clientStream(messages)).toBe(messages.join())
  expect(users.calls).toHaveLength(2)
  expect(users.received[1]).toEqual(messages)
})

test('W11 D1 grpc: a stream of the server is requested again', async () => {
  const { users, calls } = await refusing()
  expect(await calls.serverStream('hello')).toEqual(['hello', 'hello', 'hello'])
  expect(users.calls).toHaveLength(2)
})

test('W11 D1 grpc: a bidirectional stream starts again and continues as if nothing had happened', async () => {
  const { users, calls } = await refusing()
  const call = calls.bidi()
  const answer = collected(call)
  call.write(Buffer.from('one'))
  await until(() => users.received[1]?.length === 1)
  call.write(Buffer.from('two'))
  await until(() => users.received[1]?.length === 2)
  call.end()
  expect(await answer).toEqual(['one', 'two'])
  expect(users.calls).toHaveLength(2)
})

test('W11 D2 grpc: what a client has streamed beyond 64 KiB is not sent again, and the next call has another token', async () => {
  const { users, calls, tokens } = await refusing()
  await expect(calls.clientStream(['x'.repeat(40_000), 'x'.repeat(40_000)])).rejects.toMatchObject({
    code: UNAUTHENTICATED
  })
  await until(() => tokens.health().tokens[0]?.state === 'fresh')
  expect(await calls.unary()).toBe('hello')
  expect(users.calls).toHaveLength(2)
})

test('W11 grpc: a call that has begun to be answered is not made again', async () => {
  const { users, calls } = await refusing(undefined, { early: true })
  await expect(calls.unary()).rejects.toMatchObject({ code: UNAUTHENTICATED })
  expect(await calls.unary()).toBe('hello')
  expect(users.calls).toHaveLength(2)
})

test('W11 grpc: a stream that is refused in the middle ends there', async () => {
  const { users, calls } = await refusing(() => undefined)
  const call = calls.bidi()
  const answer = collected(call)
  call.write(Buffer.from('one'))
  await until(() => users.received[0]?.length === 1)
  await settled(20)
  call.write(Buffer.from('refuse me'))
  await expect(answer).rejects.toMatchObject({ code: UNAUTHENTICATED, details: 'later' })
  expect(users.calls).toHaveLength(1)
})

test.each([
  ['UNAUTHENTICATED that stays', { code: UNAUTHENTICATED }, 2],
  ['a scope that is missing', { code: UNAUTHENTICATED, challenge: 'Bearer error="insufficient_scope"' }, 1],
  ['another scheme', { code: UNAUTHENTICATED, challenge: 'Basic' }, 1],
  ['PERMISSION_DENIED', { code: PERMISSION_DENIED }, 1],
  ['UNAVAILABLE', { code: UNAVAILABLE }, 1]
])('W11 D4 D5 D6 grpc gives the caller %s', async (_kind, refusal, attempts) => {
  const { users, calls } = await refusing(() => refusal)
  await expect(calls.unary()).rejects.toMatchObject({ code: refusal.code, details: 'refused' })
  expect(users.calls).toHaveLength(attempts)
})

test('W11 D13 C30 grpc: a channel to another port gets no token, and neither does a method without a rule', async () => {
  const { tokens } = await road()
  const users = await service(() => undefined)
  await connect(tokens, users, { origins: ['https://localhost:1'] }).unary()
  const routes = { [`https://${users.target}/users.Users/ServerStream`]: {} }
  const calls = connect(tokens, users, { routes })
  await calls.unary()
  await calls.serverStream()
  expect(users.calls.map(([kind, authorization]) => [kind, authorization !== undefined])).toEqual([
    ['unary', false],
    ['unary', false],
    ['serverStream', true]
  ])
})

test('W11 D22 grpc: a channel without TLS gets no token that is meant for https', async () => {
  const { tokens } = await road()
  const users = await service(() => undefined, { isSecure: false })
  const plain = credentials.createInsecure()
  for (const scheme of ['https', 'http']) {
    const interceptor = grpcInterceptor(tokens, { origins: [`${scheme}://${users.target}`] }, plain)
    await client(users.target, plain, { interceptors: [interceptor] }).unary()
  }
  expect(users.calls.map(([, authorization]) => authorization !== undefined)).toEqual([false, true])
})

test.each(['alone', 'with another interceptor'])(
  'W11 grpc: through a proxy of the environment a call carries the token to its service, %s',
  async (how) => {
    const { tokens } = await road()
    const users = await service(() => undefined)
    const proxy = await loopbackProxy()
    vi.stubEnv('grpc_proxy', proxy.url.href)
    onTestFinished(() => void vi.unstubAllEnvs())
    const passing: Interceptor = (options, nextCall) => new InterceptingCall(nextCall(options))
    const policies = [[`https://${users.target}`], [proxy.url.origin.replace('http:', 'https:')]] // no token is for the proxy
    for (const origins of policies) {
      const interceptors = [grpcInterceptor(tokens, { origins }, users.secure), ...(how === 'alone' ? [] : [passing])]
      await client(users.target, users.secure, { interceptors }).unary()
    }
    expect(users.calls.map(([, authorization]) => authorization !== undefined)).toEqual([true, false])
    expect(proxy.asked).toContainEqual({ line: `CONNECT ${users.target}`, authorization: undefined })
  }
)

test('W11 grpc: call credentials of the channel do not hide that it is encrypted', async () => {
  const { tokens } = await road()
  const users = await service(() => undefined)
  const other = credentials.createFromMetadataGenerator((_options, callback) => {
    const metadata = new Metadata()
    metadata.set('x-tenant', 'a')
    callback(null, metadata)
  })
  const secure = credentials.combineChannelCredentials(users.secure, other)
  await connect(tokens, { ...users, secure }).unary()
  expect(users.calls[0]?.[1]).toMatch(/^Bearer /)
})

test('W11 W4 grpc refuses the authority of another service, and a target that is not a host', async () => {
  const { tokens } = await road()
  const users = await service(() => undefined)
  const calls = connect(tokens, users)
  const error = expect.objectContaining({ code: 'ERR_UNCERTAIN_ORIGIN' })
  await expect(calls.unary('hello', new Metadata(), { host: 'evil.test' })).rejects.toThrow(error)
  await expect(
    connect(tokens, { ...users, target: 'unix:/run/none' }, { origins: ['https://localhost'] }).unary()
  ).rejects.toThrow(error)
  expect(await calls.unary('hello', new Metadata(), { host: users.target })).toBe('hello')
})

test("W11 D20 grpc: a caller's own authorization goes out alone, and its refusal is the caller's", async () => {
  const { users, calls, rejections } = await refusing(() => ({ code: UNAUTHENTICATED }))
  const metadata = new Metadata()
  metadata.set('authorization', 'Basic mine')
  await expect(calls.unary('hello', metadata)).rejects.toMatchObject({ code: UNAUTHENTICATED })
  expect(users.calls).toEqual([['unary', 'Basic mine']])
  expect(rejections).toEqual([])
})

test('W11 grpc: the metadata of the caller is kept on both attempts, and stays as it was', async () => {
  const { users, calls } = await refusing()
  const metadata = new Metadata()
  metadata.set('x-user', 'kept')
  await calls.unary('hello', metadata)
  expect(metadata.getMap()).toEqual({ 'x-user': 'kept' })
  expect(users.calls).toHaveLength(2)
})

test('W11 D29 without a token grpc makes no call, and its error has that of the token client for its cause', async () => {
  const tokens = await withoutToken()
  const users = await service(() => undefined)
  await expect(connect(tokens, users).unary()).rejects.toMatchObject({
    code: UNAUTHENTICATED,
    cause: { name: 'TokenClientError', code: 'ERR_INVALID_SCOPE' }
  })
  await expect(collected(connect(tokens, users).bidi())).rejects.toMatchObject({ code: UNAUTHENTICATED })
  expect(users.calls).toEqual([])
})

test('W11 D29 a grpc call fails with UNAVAILABLE while the authorization server is down', async () => {
  const { tokens, server } = await road()
  server.faults.answer({ status: 503 })
  const users = await service(() => undefined)
  await tokens.getToken({ maxWait: 0 }).catch(() => {})
  const routes = { [`https://${users.target}`]: { maxWait: 0 } }
  await expect(connect(tokens, users, { routes }).unary()).rejects.toMatchObject({ code: UNAVAILABLE })
})

test('W11 D27 grpc: the deadline of a call passes while it waits for its token', async () => {
  const tokens = await waiting()
  const users = await service(() => undefined)
  const call = connect(tokens, users).unary('hello', new Metadata(), { deadline: Date.now() + 50 })
  await expect(call).rejects.toMatchObject({ code: DEADLINE_EXCEEDED })
  const past = connect(tokens, users).unary('hello', new Metadata(), { deadline: new Date(0) })
  await expect(past).rejects.toMatchObject({ code: DEADLINE_EXCEEDED })
  expect(users.calls).toEqual([])
})

test('W11 D27 grpc: a call that is cancelled while it waits for its token is not made', async () => {
  const { tokens, server } = await road()
  server.faults.hang()
  const users = await service(() => undefined)
  const call = connect(tokens, users).bidi()
  const answer = collected(call)
  call.write(Buffer.from('one'))
  await settled()
  call.cancel()
  await expect(answer).rejects.toMatchObject({ code: CANCELLED })
  server.faults.clear()
  expect(users.calls).toEqual([])
})

test('W11 D27 grpc: a token that comes for a call that was cancelled is not sent', async () => {
  const users = await service(() => undefined)
  const { client, tokens } = generous(`https://${users.target}`, false)
  tokens.hold()
  const call = connect(client, users).bidi()
  const answer = collected(call)
  await until(() => tokens.waiting === 1)
  call.cancel()
  tokens.open()
  await expect(answer).rejects.toMatchObject({ code: CANCELLED })
  await settled(50)
  expect(users.calls).toEqual([])
})

test('W11 D4 grpc makes a call at most twice, even if there is a new token after each refusal', async () => {
  const users = await service(() => ({ code: UNAUTHENTICATED }))
  const { client, tokens } = generous(`https://${users.target}`)
  await expect(connect(client, users).unary()).rejects.toMatchObject({ code: UNAUTHENTICATED })
  expect(users.calls.map(([, authorization]) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
  expect(tokens.issued).toBe(2)
})

test('W11 D28 grpc: a call that is cancelled while it waits for another token is not made again', async () => {
  const { tokens, server, clock } = await road()
  await tokens.getToken()
  await clock.advance(1000)
  const users = await service(() => ({ code: UNAUTHENTICATED }))
  server.faults.hang()
  const call = connect(tokens, users).bidi()
  const answer = collected(call)
  await until(() => users.calls.length === 1)
  await settled(50)
  call.cancel()
  await expect(answer).rejects.toMatchObject({ code: CANCELLED })
  expect(users.calls).toHaveLength(1)
})

test('W11 grpc: a call without a token, with a large message and a deadline, succeeds', async () => {
  const { tokens } = await road()
  const users = await service(() => undefined)
  const message = 'x'.repeat(1_000_000)
  expect(await connect(tokens, users).unary(message, new Metadata(), { deadline: Date.now() + 10_000 })).toBe(message)
  expect(users.calls).toHaveLength(1)
})

test('W11 grpc: the messages of a stream that starts without a token arrive in their order', async () => {
  const { tokens } = await road()
  const users = await service(() => undefined)
  const messages = Array.from({ length: 500 }, (_, index) => `message ${index} ${'x'.repeat(500)}`)
  expect(await connect(tokens, users).clientStream(messages)).toBe(messages.join())
})

test('W11 grpc: fifty calls at once share one refresh', async () => {
  const { users, calls, tokens } = await refusing()
  const refreshes: unknown[] = []
  tokens.on('refreshed', (event) => refreshes.push(event))
  await Promise.all(Array.from({ length: 50 }, (_, index) => calls.unary(String(index))))
  expect(refreshes).toHaveLength(1)
  expect(users.calls.length).toBeLessThanOrEqual(100)
})

test('W11 grpcInterceptor says what it wants when the credentials of the channel are missing', async () => {
  const { tokens } = await road()
  expect(() => grpcInterceptor(tokens, { origins: ['https://localhost'] }, undefined as never)).toThrow(
    expect.objectContaining({ code: 'ERR_MISSING_OPTION', message: expect.stringContaining('createSsl') })
  )
})

test('W10 grpc: one call has a token for its own options, and the next call has that of the rule', async () => {
  const { tokens } = await road({ scope: ['read_user'] })
  const users = await service(() => undefined)
  const calls = connect(tokens, users)
  const deadline = Date.now() + 10_000
  await calls.unary('hello', new Metadata(), { deadline, [tokenOptions]: { scope: ['write_user'] } })
  await calls.unary()
  const wanted = await tokens.getToken({ scope: ['write_user'] })
  const usual = await tokens.getToken()
  expect(users.calls.map(([, authorization]) => authorization)).toEqual([wanted.authorization, usual.authorization])
  await expect(calls.unary('x', new Metadata(), { [tokenOptions]: { scopes: [] } })).rejects.toThrow(/scopes/)
  expect(users.calls).toHaveLength(2)
})

test('W10 grpc: the token options of a call do not affect the interceptor of another client', async () => {
  const one = await road({ scope: ['read_user'] })
  const other = await road({ scope: ['read_user'] })
  const { target, secure, calls: received } = await service(() => undefined)
  const origins = [`https://${target}`]
  const interceptors = [
    grpcInterceptor(one.tokens, { origins, header: 'x-one' }, secure),
    grpcInterceptor(other.tokens, { origins }, secure)
  ]
  await client(target, secure, { interceptors }).unary('hello', new Metadata(), {
    [tokenOptions]: { scope: ['write_user'] }
  })
  expect(received.map(([, authorization]) => authorization)).toEqual([(await other.tokens.getToken()).authorization])
  expect(other.tokenRequests()).toBe(1)
})
