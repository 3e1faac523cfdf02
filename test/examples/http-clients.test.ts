import { readdirSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import {
  type CallCredentials,
  credentials,
  Client as GrpcClient,
  Server,
  ServerCredentials,
  status
} from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as axios from '../../examples/http-clients/axios.ts'
import { createUser } from '../../examples/http-clients/fetch.ts'
import { carryTokensEverywhere } from '../../examples/http-clients/global-dispatcher.ts'
import * as got from '../../examples/http-clients/got.ts'
import * as graphqlRequest from '../../examples/http-clients/graphql-request.ts'
import { withToken } from '../../examples/http-clients/grpc.ts'
import * as ky from '../../examples/http-clients/ky.ts'
import * as nodeHttp from '../../examples/http-clients/node-http.ts'
import * as ofetch from '../../examples/http-clients/ofetch.ts'
import * as openapiFetch from '../../examples/http-clients/openapi-fetch.ts'
import { readUser, usersAgent } from '../../examples/http-clients/undici.ts'
import type { TokenClient } from '../../src/index.ts'
import { selfSigned } from '../http/certificate.ts'
import { type Answer, accepting, type ResourceServer, resourceServer } from '../support/resource-server.ts'
import { road } from '../support/road.ts'

const user = { id: 42, name: 'Ada' }

interface Api {
  readonly tokens: TokenClient
  readonly server: ResourceServer
  /** The one token that the server refuses. */
  readonly refused: string
}

/** A token client whose token the API refuses: a good integration gets another one and repeats the call, once. */
async function api(answer?: Answer): Promise<Api> {
  const { tokens, clock } = await road()
  const { authorization: refused } = await tokens.getToken()
  await clock.advance(1000)
  const server = await resourceServer((received, response) => {
    if (answer !== undefined) return answer(received, response)
    if (received.authorization === undefined || received.authorization === refused) {
      return response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('{}')
    }
    const graphql = received.url === '/graphql'
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(graphql ? { data: { user } } : user))
  })
  return { tokens, server, refused }
}

async function readJson(stream: AsyncIterable<Buffer>): Promise<unknown> {
  let all = ''
  for await (const chunk of stream) all += chunk
  return JSON.parse(all)
}

type Call = (tokens: TokenClient, origin: string) => Promise<unknown>

const reads: Readonly<Record<string, Call>> = {
  undici: (tokens, origin) => readUser(closing(usersAgent(tokens, origin)), origin, 42),
  ky: (tokens, origin) => ky.usersApi(tokens, origin)('users/42').json(),
  ofetch: (tokens, origin) => ofetch.usersApi(tokens, origin)('/users/42'),
  'openapi-fetch': async (tokens, origin) => (await openapi(tokens, origin).GET('/users/42')).data,
  axios: async (tokens, origin) => (await axios.usersApi(tokens, origin).get('/users/42')).data,
  got: (tokens, origin) => got.usersApi(tokens, origin)('users/42').json(),
  'node:http': async (tokens, origin) => readJson(await nodeHttp.usersApi(tokens, origin)(`${origin}/users/42`)),
  'graphql-request': async (tokens, origin) => {
    const data = await graphqlRequest.usersApi(tokens, origin).request<{ user: object }>('{ user { id name } }')
    return data.user
  }
}

const json = JSON.stringify(user)
const headers = { 'content-type': 'application/json' }

const writes: Readonly<Record<string, Call>> = {
  fetch: (tokens, origin) => createUser(tokens, origin, user),
  ky: (tokens, origin) => ky.usersApi(tokens, origin).post('users', { json: user }).json(),
  ofetch: (tokens, origin) => ofetch.usersApi(tokens, origin)('/users', { method: 'POST', body: user }),
  'openapi-fetch': async (tokens, origin) => (await openapi(tokens, origin).POST('/users', { body: user })).data,
  axios: async (tokens, origin) => (await axios.usersApi(tokens, origin).post('/users', user)).data,
  got: (tokens, origin) => got.usersApi(tokens, origin).post('users', { json: user }).json(),
  'node:http': async (tokens, origin) =>
    readJson(await nodeHttp.usersApi(tokens, origin)(`${origin}/users`, { method: 'POST', headers, body: json }))
}

interface Paths {
  '/users/42': { get: { responses: { 200: { content: { 'application/json': typeof user } } } } }
  '/users': {
    post: {
      requestBody: { content: { 'application/json': typeof user } }
      responses: { 200: { content: { 'application/json': typeof user } } }
    }
  }
}

function openapi(tokens: TokenClient, origin: string) {
  return openapiFetch.usersApi<Paths>(tokens, origin)
}

function closing<D extends { destroy(): Promise<void> }>(dispatcher: D): D {
  onTestFinished(() => dispatcher.destroy())
  return dispatcher
}

test.each(Object.entries(reads))(
  'D1 %s reads: a refused token is replaced and the call repeated, once',
  async (_client, read) => {
    const { tokens, server, refused } = await api()
    expect(await read(tokens, server.origin)).toEqual(user)
    expect(server.requests).toHaveLength(2)
    expect(server.requests[0]?.authorization).toBe(refused)
  }
)

test.each(Object.entries(writes))('D9 %s writes: the body is sent again whole', async (_client, write) => {
  const { tokens, server } = await api()
  expect(await write(tokens, server.origin)).toEqual(user)
  expect(server.requests.map(({ body }) => body)).toEqual([json, json])
})

test.each(Object.entries(reads))(
  'D4 D5 %s: a 401 that no token can mend costs no second token, and one that stays costs one repeat',
  async (_client, read) => {
    const refusal = ['Bearer error="insufficient_scope"', 'Bearer'] as const
    for (const challenge of refusal) {
      const { tokens, server } = await api((_received, response) =>
        response.writeHead(401, { 'www-authenticate': challenge }).end('{}')
      )
      await read(tokens, server.origin).catch(() => {})
      expect(server.requests).toHaveLength(challenge === 'Bearer' ? 2 : 1)
    }
  }
)

test('global-dispatcher: the fetch of the platform and every undici carry the token', async () => {
  const { getGlobalDispatcher, setGlobalDispatcher } = await import('undici')
  const before = getGlobalDispatcher()
  const { tokens, server } = await api()
  carryTokensEverywhere(tokens, [server.origin])
  try {
    const response = await fetch(`${server.origin}/users`, { method: 'POST', body: json })
    expect(await response.json()).toEqual(user)
  } finally {
    await closing(getGlobalDispatcher()).close()
    setGlobalDispatcher(before)
  }
})

describe('got', () => {
  test('D11 C70 no token goes to another origin, by a redirect neither', async () => {
    const { tokens, server } = await api()
    const foreign = await resourceServer()
    const redirecting = await resourceServer((_received, response) =>
      response.writeHead(302, { location: `${foreign.origin}/` }).end()
    )
    await got.usersApi(tokens, redirecting.origin)('').text()
    await got.usersApi(tokens, server.origin)(foreign.origin, { prefixUrl: '' }).text()
    expect(redirecting.requests[0]?.authorization).toMatch(/^Bearer /)
    expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
  })

  test('D2 a stream is not sent again: the 401 stands', async () => {
    const { tokens, server } = await api()
    const { statusCode } = await got
      .usersApi(tokens, server.origin)
      .post('users', { body: Readable.from([json]), throwHttpErrors: false, retry: { limit: 0 } })
    expect(statusCode).toBe(401)
    expect(server.requests).toHaveLength(1)
  })
})

describe('node:http', () => {
  test('D13 C30 a foreign origin gets no token, whatever else stands in the call, and its 401 costs none', async () => {
    const { tokens, server, refused } = await api()
    const foreign = await resourceServer(accepting('nobody'))
    const send = nodeHttp.usersApi(tokens, server.origin)
    expect((await send(foreign.origin)).statusCode).toBe(401)
    const elsewhere = { host: '127.0.0.1', port: foreign.port } as object
    expect((await send(server.origin, elsewhere)).statusCode).toBe(200)
    expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
    expect(server.requests[0]?.authorization).toBe(refused)
  })

  test("D20 a caller's own Authorization goes out alone, and its 401 is the caller's", async () => {
    const { tokens, server } = await api((_received, response) => response.writeHead(401).end())
    const send = nodeHttp.usersApi(tokens, server.origin)
    expect((await send(server.origin, { headers: { Authorization: 'Basic mine' } })).statusCode).toBe(401)
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Basic mine'])
  })
})

test.each([
  ['got', got],
  ['node:http', nodeHttp]
])('D22 %s refuses an origin of plain HTTP when the API is made', async (_client, { usersApi }) => {
  const { tokens } = await road()
  expect(() => usersApi(tokens, 'http://users.internal')).toThrow(
    expect.objectContaining({ code: 'ERR_INSECURE_ORIGIN' })
  )
})

describe('grpc', () => {
  const bytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same }
  const method = { path: '/users.Users/Read', requestStream: false, responseStream: false, ...bytes }

  function same(value: Buffer): Buffer {
    return value
  }

  test('D1 C30 a call carries the token to its service only, and is repeated once after UNAUTHENTICATED', async () => {
    const { tokens, refused } = await api()
    const seen: unknown[] = []
    const server = new Server()
    server.addService(
      { read: method },
      {
        read(
          { metadata, request }: { metadata: { get(name: string): unknown[] }; request: Buffer },
          callback: (error: object | null, value?: Buffer) => void
        ) {
          const [authorization] = metadata.get('authorization')
          seen.push(authorization)
          if (authorization === refused) callback({ code: status.UNAUTHENTICATED, details: 'refused' })
          else callback(null, request)
        }
      }
    )
    const { key, cert } = selfSigned({ names: ['localhost'] })
    const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair]), (error, bound) =>
        error === null ? resolve(bound) : reject(error)
      )
    })
    const client = new GrpcClient(`localhost:${port}`, credentials.createSsl(Buffer.from(cert)))
    onTestFinished(() => {
      client.close()
      server.forceShutdown()
    })

    const call = (callCredentials: CallCredentials): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          method.path,
          same,
          same,
          Buffer.from('hello'),
          { credentials: callCredentials },
          (error, value) => (error === null && value !== undefined ? resolve(value) : reject(error))
        )
      })
    expect((await withToken(tokens, 'localhost', call)).toString()).toBe('hello')
    expect(seen).toHaveLength(2)

    await expect(withToken(tokens, 'other.internal', call)).rejects.toThrow(/not for this service/)
    expect(seen).toHaveLength(2)
  })
})

test('docs/http-clients.md shows every example as it is tested', () => {
  const folder = new URL('../../examples/http-clients/', import.meta.url)
  const page = readFileSync(new URL('../../docs/http-clients.md', import.meta.url), 'utf8')
  const shown = readdirSync(folder).filter((file) => page.includes(readFileSync(new URL(file, folder), 'utf8')))
  expect(shown).toEqual(readdirSync(folder))
})
