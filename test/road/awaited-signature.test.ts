import { Readable } from 'node:stream'
import { status } from '@grpc/grpc-js'
import got from 'got'
import { expect, test, vi } from 'vitest'
import { gotHooks, grpcInterceptor, nodeHttp } from '../../src/adapters/index.ts'
import { type BearerPolicy, ClientClosedError, type TokenClient, TokenClientError } from '../../src/index.ts'
import { client, service } from '../adapters/grpc-service.ts'
import {
  demandingNonces,
  dpopRoad,
  type ProvenServiceOptions,
  provenService,
  remoteSigner
} from '../support/dpop-road.ts'
import { collectGarbage } from '../support/garbage.ts'
import { pass } from '../support/held-road.ts'
import { undici } from '../support/undici.ts'

const hangs = () => new Promise<never>(() => {})

/** got and gRPC have errors of their own, whose cause is ours. */
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => 'it succeeded',
    (error) => (error.cause instanceof TokenClientError ? error.cause : error)
  )

interface RoadOptions extends ProvenServiceOptions {
  /** How many more proofs the signer makes. */
  readonly proofs?: number
}

/** A service, and a client with a token whose signer no longer works. */
async function road(trouble: () => Promise<never>, { proofs = 0, ...options }: RoadOptions = {}) {
  const { dpop } = remoteSigner()
  let left = Number.POSITIVE_INFINITY
  const sign = vi.fn((bytes: Uint8Array) => (left-- > 0 ? dpop.sign(bytes) : trouble()))
  const { tokens, server, clock } = await dpopRoad({ client: { dpop: { ...dpop, sign } } })
  await tokens.ready()
  left = proofs
  sign.mockClear()
  const { origin, seen } = await provenService(server, clock, options)
  return { tokens, sign, origin, seen, clock }
}

interface Leaving {
  readonly signal?: AbortSignal
  readonly maxWait?: number
}

type Way = (tokens: TokenClient, origin: string, leaving: Leaving) => Promise<unknown>

function policyOf(origin: string, { maxWait }: Leaving): BearerPolicy {
  return { origins: [origin], ...(maxWait !== undefined && { maxWait }) }
}

const ways: Readonly<Record<string, Way>> = {
  'undici.request': (tokens, origin, { signal, ...leaving }) => {
    const dispatcher = new undici.Agent().compose(tokens.interceptor(policyOf(origin, leaving)) as never)
    return undici.request(origin, { dispatcher, signal })
  },
  createFetch: (tokens, origin, leaving) =>
    tokens.createFetch(policyOf(origin, leaving))(origin, { signal: leaving.signal ?? null }),
  nodeHttp: (tokens, origin, { signal, ...leaving }) =>
    nodeHttp(tokens, policyOf(origin, leaving))(origin, signal && { signal }),
  gotHooks: (tokens, origin, leaving) =>
    got(origin, {
      ...(leaving.signal && { signal: leaving.signal }),
      hooks: gotHooks(tokens, policyOf(origin, leaving)),
      retry: { limit: 0 }
    }),
  'headers()': (tokens, origin, leaving) => tokens.headers({ method: 'GET', url: origin, ...leaving })
}

test.each(Object.entries(ways))(
  'whoever leaves %s while a signature is awaited need not wait for it',
  async (_, way) => {
    const { tokens, sign, origin, seen } = await road(hangs)
    const leaving = new AbortController()
    const call = failureOf(way(tokens, origin, { signal: leaving.signal }))
    await vi.waitFor(() => expect(sign).toHaveBeenCalled())
    leaving.abort()
    expect(await call).toMatchObject({ name: 'AbortError' })
    expect(seen).toEqual([])
  }
)

test.each(Object.entries(ways))('I7 the maxWait of %s is for its token and its proof together', async (_, way) => {
  const { tokens, sign, origin, seen, clock } = await road(hangs)
  const { timers } = clock
  const call = failureOf(way(tokens, origin, { maxWait: 2000 }))
  await vi.waitFor(() => expect(sign).toHaveBeenCalled())
  await clock.advance(1999)
  expect(await Promise.race([call, 'waits'])).toBe('waits')
  await clock.advance(1)
  expect(await call).toMatchObject({
    code: 'ERR_TIMEOUT',
    message: 'No token and DPoP proof came within 2000 ms: the signature of the DPoP key did not arrive in time.',
    transient: true
  })
  expect({ seen, timers: clock.timers }).toEqual({ seen: [], timers })
})

test.each(Object.entries(ways))('I7 I8 close() ends %s while a signature is awaited', async (_, way) => {
  const { tokens, sign, origin, seen, clock } = await road(hangs)
  const { timers } = clock
  const calls = [way(tokens, origin, {}), way(tokens, origin, { maxWait: 2000 })].map(failureOf)
  await vi.waitFor(() => expect(sign).toHaveBeenCalledTimes(2))
  await tokens.close()
  const [first, second] = await Promise.all(calls)
  expect(first).toBeInstanceOf(ClientClosedError)
  expect(second).toBeInstanceOf(ClientClosedError)
  expect(first, 'each caller has an error of its own').not.toBe(second)
  expect({ seen, timers: clock.timers }).toEqual({ seen: [], timers: timers - 1 }) // without the one of the next refresh
})

test.each(Object.entries(ways))('I7 time that the token took is not available for the proof: %s', async (_, way) => {
  const { dpop } = remoteSigner()
  const sign = vi.fn(async (bytes: Uint8Array) => {
    if (sign.mock.calls.length > 1) return hangs() // the first one is for the token request
    await pass(clock, 1500)
    return dpop.sign(bytes)
  })
  const { tokens, server, clock } = await dpopRoad({ client: { dpop: { ...dpop, sign } } })
  const { origin } = await provenService(server, clock)
  const call = failureOf(way(tokens, origin, { maxWait: 2000 }))
  await vi.waitFor(() => expect(sign).toHaveBeenCalledTimes(1))
  await clock.advance(1500)
  await vi.waitFor(() => expect(sign).toHaveBeenCalledTimes(2))
  await clock.advance(500)
  expect(await call).toMatchObject({ code: 'ERR_TIMEOUT' })
})

const repeating = Object.entries(ways).filter(([name]) => name !== 'headers()')

test.each(repeating)('I7 %s ends by its maxWait when its second proof does not come', async (_, way) => {
  const { tokens, sign, origin, seen, clock } = await road(hangs, { ...demandingNonces, proofs: 1 })
  const call = failureOf(way(tokens, origin, { maxWait: 2000 }))
  await vi.waitFor(() => expect(sign).toHaveBeenCalledTimes(2))
  await clock.advance(2000)
  expect(await call).toMatchObject({ code: 'ERR_TIMEOUT' })
  expect(seen.map(({ status }) => status)).toEqual([401])
})

test.each(repeating.filter(([name]) => name !== 'gotHooks'))(
  'I7 what a token in place of a refused one took is no longer there for its proof: %s',
  async (_, way) => {
    const { dpop } = remoteSigner()
    let refused = false
    const sign = vi.fn(async (bytes: Uint8Array) => {
      if (!refused) return dpop.sign(bytes)
      if (asked() > 1) return hangs() // for the repeat
      await pass(clock, 1500) // for the token request
      return dpop.sign(bytes)
    })
    const { tokens, server, clock, asked } = await dpopRoad({ client: { dpop: { ...dpop, sign } } })
    await tokens.ready()
    await clock.advance(1000) // the gap between two token requests
    const { origin, seen } = await provenService(server, clock, {
      instead(_request, response) {
        refused = true
        sign.mockClear()
        response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_token"' }).end()
        return true
      }
    })
    const call = failureOf(way(tokens, origin, { maxWait: 2000 }))
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    await vi.waitFor(() => expect(sign).toHaveBeenCalledTimes(1))
    await clock.advance(1500)
    await vi.waitFor(() => expect(sign).toHaveBeenCalledTimes(2))
    await clock.advance(500)
    expect(await call).toMatchObject({ code: 'ERR_TIMEOUT' })
  }
)

test.each(Object.entries(ways))(
  'with maxWait 0 %s takes a token that is there, and waits for its proof',
  async (_, way) => {
    const { dpop } = remoteSigner()
    const { tokens, server, clock } = await dpopRoad({ client: { dpop } })
    await tokens.ready()
    const { origin } = await provenService(server, clock)
    await expect(way(tokens, origin, { maxWait: 0 })).resolves.toBeDefined()
  }
)

test('a signer that fails after the caller has left causes no unhandled rejection', async () => {
  let fail = () => {}
  const { tokens, sign, origin } = await road(() => new Promise((_, reject) => (fail = () => reject(new Error('HSM')))))
  const leaving = new AbortController()
  const call = ways.createFetch?.(tokens, origin, { signal: leaving.signal })
  await vi.waitFor(() => expect(sign).toHaveBeenCalled())
  leaving.abort()
  await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  fail() // Vitest fails a run with an unhandled rejection
})

test('I7 I8 a gRPC call ends by its maxWait and at close() while a signature is awaited', async () => {
  const { tokens, sign, clock } = await road(hangs)
  const users = await service(() => undefined)
  const calling = (policy: object) => {
    const interceptors = [grpcInterceptor(tokens, { origins: [`https://${users.target}`], ...policy }, users.secure)]
    return failureOf(client(users.target, users.secure, { interceptors }).unary('hello'))
  }
  const calls = [calling({ maxWait: 2000 }), calling({})]
  await vi.waitFor(() => expect(sign).toHaveBeenCalledTimes(2))
  await clock.advance(2000)
  expect(await calls[0]).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('2000 ms') })
  await tokens.close()
  expect(await calls[1]).toBeInstanceOf(ClientClosedError)
})

test('W11 a gRPC call ends at its deadline while a signature is awaited', async () => {
  const { tokens, sign } = await road(hangs)
  const users = await service(() => undefined)
  const interceptors = [grpcInterceptor(tokens, { origins: [`https://${users.target}`] }, users.secure)]
  const call = client(users.target, users.secure, { interceptors }).unary('hello', undefined, {
    deadline: Date.now() + 200
  })
  await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED })
  expect(sign).toHaveBeenCalled()
})

test('W11 a gRPC call ends at its deadline also if garbage is collected meanwhile', async () => {
  const { tokens } = await road(hangs)
  const users = await service(() => undefined)
  const interceptors = [grpcInterceptor(tokens, { origins: [`https://${users.target}`] }, users.secure)]
  collectGarbage()
  const call = client(users.target, users.secure, { interceptors }).unary('hello', undefined, {
    deadline: Date.now() + 500
  })
  await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED })
})

test('W11 nodeHttp: a body that fails while a signature is awaited ends this call alone', async () => {
  const { tokens, sign, origin } = await road(hangs)
  const body = new Readable({ read() {} })
  const call = nodeHttp(tokens, { origins: [origin] })(origin, { method: 'POST', body })
  await vi.waitFor(() => expect(sign).toHaveBeenCalled())
  body.destroy(new Error('The disk is full.'))
  await expect(call).rejects.toThrow('The disk is full.')
})

test('W11 nodeHttp: nobody is left with the stream when the signer fails', async () => {
  const { tokens, origin } = await road(() => Promise.reject(new Error('HSM')))
  const body = new Readable({ read() {} })
  const call = nodeHttp(tokens, { origins: [origin] })(origin, { method: 'POST', body })
  await expect(call).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
  expect(body.destroyed).toBe(true)
})
