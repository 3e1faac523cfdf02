import { status } from '@grpc/grpc-js'
import got from 'got'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { gotHooks, grpcInterceptor, nodeHttp } from '../../src/adapters/index.ts'
import {
  demandingNonces,
  dpopRoad,
  neverContent,
  type ProvenServiceOptions,
  provenRoad,
  redirectingTo,
  stranger
} from '../support/dpop-road.ts'
import { client, service } from './grpc-service.ts'

type Call = (path: string, method?: 'GET' | 'POST', body?: string) => Promise<{ status: number | undefined }>

async function road(options: ProvenServiceOptions = {}) {
  const made = await provenRoad(options)
  const { tokens, origin } = made
  const policy = { origins: [origin] }
  const send = nodeHttp(tokens, policy)
  const hooked = got.extend({ hooks: gotHooks(tokens, policy), retry: { limit: 0 }, throwHttpErrors: false })
  const ways: Readonly<Record<string, Call>> = {
    async nodeHttp(path, method = 'GET', body = '') {
      const response = await send(origin + path, { method, body })
      response.resume()
      return { status: response.statusCode }
    },
    async gotHooks(path, method = 'GET', body) {
      const { statusCode } = await hooked(origin + path, { method, ...(body !== undefined && { body }) })
      return { status: statusCode }
    }
  }
  return { ...made, ways, hooked }
}

describe.each(['nodeHttp', 'gotHooks'])('%s', (name) => {
  const calling = async (options?: ProvenServiceOptions) => {
    const { ways, ...others } = await road(options)
    return { ...others, call: ways[name] as Call }
  }

  test('C81 C76 shows a DPoP token with a proof for each request', async () => {
    const { call, seen, origin, statuses } = await calling()
    await call('/users/7?part=name')
    await call('/users/7', 'POST', 'name')
    expect(statuses()).toEqual([200, 200])
    expect(seen.map(({ proof }) => [proof?.htm, proof?.htu])).toEqual([
      ['GET', `${origin}/users/7`],
      ['POST', `${origin}/users/7`]
    ])
  })

  test('T48 C79 immediately repeats a request with a nonce that the service demands, with the same token and body', async () => {
    const { call, seen, statuses, asked, heard } = await calling(demandingNonces)
    await call('/', 'POST', 'order')
    await call('/')
    expect({ statuses: statuses(), asked: asked(), events: heard() }).toEqual({
      ...{ statuses: [401, 200, 200], asked: 1, events: ['refreshed'] }
    })
    expect(seen[1]?.body).toBe('order')
  })

  test('T48 C78 succeeds beside parallel requests where each nonce can be used once', async () => {
    const { call } = await calling({ oneUseNonces: true })
    const answers = await Promise.all(Array.from({ length: 30 }, () => call('/')))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  })

  test('T48 tries three nonces, each once, and then gives the answer to the caller', async () => {
    const { call, seen } = await calling(neverContent('DPoP error="use_dpop_nonce"'))
    expect(await call('/')).toEqual({ status: 401 })
    expect(seen.map(({ proof }) => proof?.nonce)).toEqual([undefined, 'n1', 'n2', 'n3'])
  })

  test('gets another nonce and another token in one call', async () => {
    const { call, seen, statuses, tokens, clock } = await calling({
      ...demandingNonces,
      instead(_request, response, before) {
        if (before.length === 1) response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_token"' }).end()
        return before.length === 1
      }
    })
    await tokens.ready()
    await clock.advance(2000) // token requests are at least a second apart
    expect(await call('/')).toEqual({ status: 200 })
    expect(statuses()).toEqual([401, 401, 200])
    expect(new Set(seen.map(({ headers }) => headers.authorization)).size).toBe(2)
  })
})

test.each(['get', 'patch'])('C76 nodeHttp proves %s as node:http sends it', async (method) => {
  const { ways, statuses, seen } = await road()
  await ways.nodeHttp?.('/', method as 'GET')
  expect({ statuses: statuses(), htm: seen[0]?.proof?.htm }).toEqual({ statuses: [200], htm: method.toUpperCase() })
})

test('W11 got proves each hop of a redirect, and sends neither token nor proof to a foreign origin', async () => {
  const other = await stranger()
  const { hooked, origin, seen } = await road(redirectingTo(other.origin))
  expect(await hooked(`${origin}/old`).text()).toBe('welcome')
  expect(seen.map(({ proof }) => proof?.htu)).toEqual([`${origin}/old`, `${origin}/new`])
  expect(await hooked(`${origin}/away`).text()).toBe('strange')
  expect(other.shown).toEqual([undefined, undefined])
})

test('W11 T48 grpc: a call is a POST to its method, and is repeated with the nonce that the service demands', async () => {
  const { tokens, asked } = await dpopRoad()
  const proofs: Record<string, unknown>[] = []
  const users = await service((_authorization, proof = '') => {
    proofs.push(decodeJwt(proof))
    if (proofs.length > 1) return undefined
    return { code: status.UNAUTHENTICATED, challenge: 'DPoP error="use_dpop_nonce"', nonce: 'nonce-1' }
  })
  const origin = `https://${users.target}`
  const interceptors = [grpcInterceptor(tokens, { origins: [origin] }, users.secure)]
  expect(await client(users.target, users.secure, { interceptors }).unary('hello')).toBe('hello')
  expect(proofs.map(({ htm, htu, nonce }) => [htm, String(htu).startsWith(`${origin}/`), nonce])).toEqual([
    ['POST', true, undefined],
    ['POST', true, 'nonce-1']
  ])
  expect({ calls: users.calls.length, asked: asked() }).toEqual({ calls: 2, asked: 1 })
})
