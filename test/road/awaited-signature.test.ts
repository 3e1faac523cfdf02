import { Readable } from 'node:stream'
import { status } from '@grpc/grpc-js'
import got from 'got'
import { expect, test, vi } from 'vitest'
import { gotHooks, grpcInterceptor, nodeHttp } from '../../src/adapters/index.ts'
import type { TokenClient } from '../../src/index.ts'
import { client, service } from '../adapters/grpc-service.ts'
import { dpopRoad, provenService, remoteSigner } from '../support/dpop-road.ts'
import { undici } from '../support/undici.ts'

/** A client with a token, whose signer works no more, and a service. */
async function road(trouble: () => Promise<never>) {
  const { dpop, fail } = remoteSigner(trouble)
  const sign = vi.fn(dpop.sign)
  const { tokens, server, clock } = await dpopRoad({ client: { dpop: { ...dpop, sign } } })
  await tokens.ready()
  fail()
  sign.mockClear()
  const { origin, seen } = await provenService(server, clock)
  return { tokens, sign, origin, seen }
}

type Way = (tokens: TokenClient, origin: string, signal: AbortSignal) => Promise<unknown>

const ways: Readonly<Record<string, Way>> = {
  'undici.request': (tokens, origin, signal) => {
    const dispatcher = new undici.Agent().compose(tokens.interceptor({ origins: [origin] }) as never)
    return undici.request(origin, { dispatcher, signal })
  },
  createFetch: (tokens, origin, signal) => tokens.createFetch({ origins: [origin] })(origin, { signal }),
  nodeHttp: (tokens, origin, signal) => nodeHttp(tokens, { origins: [origin] })(origin, { signal }),
  gotHooks: (tokens, origin, signal) =>
    got(origin, { signal, hooks: gotHooks(tokens, { origins: [origin] }), retry: { limit: 0 } }),
  'headers()': (tokens, origin, signal) => tokens.headers({ method: 'GET', url: origin, signal })
}

test.each(Object.entries(ways))(
  'whoever leaves %s while a signature is awaited need not wait for it',
  async (_, way) => {
    const { tokens, sign, origin, seen } = await road(() => new Promise(() => {}))
    const leaving = new AbortController()
    const call = way(tokens, origin, leaving.signal).catch((error) => error.name)
    await vi.waitFor(() => expect(sign).toHaveBeenCalled())
    leaving.abort()
    expect(await call).toBe('AbortError')
    expect(seen).toEqual([])
  }
)

test('a signer that fails after the caller has left is nobody’s unhandled rejection', async () => {
  let fail = () => {}
  const { tokens, sign, origin } = await road(() => new Promise((_, reject) => (fail = () => reject(new Error('HSM')))))
  const leaving = new AbortController()
  const call = ways.createFetch?.(tokens, origin, leaving.signal)
  await vi.waitFor(() => expect(sign).toHaveBeenCalled())
  leaving.abort()
  await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  fail() // Vitest fails a run with an unhandled rejection
})

test('W11 a gRPC call ends at its deadline while a signature is awaited', async () => {
  const { tokens, sign } = await road(() => new Promise(() => {}))
  const users = await service(() => undefined)
  const interceptors = [grpcInterceptor(tokens, { origins: [`https://${users.target}`] }, users.secure)]
  const call = client(users.target, users.secure, { interceptors }).unary('hello', undefined, {
    deadline: Date.now() + 200
  })
  await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED })
  expect(sign).toHaveBeenCalled()
})

test('W11 nodeHttp: a body that fails while a signature is awaited ends this call alone', async () => {
  const { tokens, sign, origin } = await road(() => new Promise(() => {}))
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
