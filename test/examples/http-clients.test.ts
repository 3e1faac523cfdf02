import { readdirSync, readFileSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import * as axios from '../../examples/http-clients/axios.ts'
import { createUser } from '../../examples/http-clients/fetch.ts'
import { carryTokensEverywhere } from '../../examples/http-clients/global-dispatcher.ts'
import * as got from '../../examples/http-clients/got.ts'
import * as graphqlRequest from '../../examples/http-clients/graphql-request.ts'
import { usersClient } from '../../examples/http-clients/grpc.ts'
import * as ky from '../../examples/http-clients/ky.ts'
import * as nodeHttp from '../../examples/http-clients/node-http.ts'
import * as ofetch from '../../examples/http-clients/ofetch.ts'
import * as openapiFetch from '../../examples/http-clients/openapi-fetch.ts'
import { readUser, usersAgent } from '../../examples/http-clients/undici.ts'
import type { TokenClient } from '../../src/index.ts'
import { service } from '../adapters/grpc-service.ts'
import { type Answer, type ResourceServer, resourceServer } from '../support/resource-server.ts'
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

type Call = (tokens: TokenClient, origin: string) => Promise<unknown>

const reads: Readonly<Record<string, Call>> = {
  undici: (tokens, origin) => readUser(closing(usersAgent(tokens, origin)), origin, 42),
  ky: (tokens, origin) => ky.usersApi(tokens, origin)('users/42').json(),
  ofetch: (tokens, origin) => ofetch.usersApi(tokens, origin)('/users/42'),
  'openapi-fetch': async (tokens, origin) => (await openapi(tokens, origin).GET('/users/42')).data,
  axios: async (tokens, origin) => (await axios.usersApi(tokens, origin).get('/users/42')).data,
  got: (tokens, origin) => got.usersApi(tokens, origin)('users/42').json(),
  'graphql-request': async (tokens, origin) => {
    const data = await graphqlRequest.usersApi(tokens, origin).request<{ user: object }>('{ user { id name } }')
    return data.user
  }
}

const json = JSON.stringify(user)

const writes: Readonly<Record<string, Call>> = {
  fetch: (tokens, origin) => createUser(tokens, origin, user),
  ky: (tokens, origin) => ky.usersApi(tokens, origin).post('users', { json: user }).json(),
  ofetch: (tokens, origin) => ofetch.usersApi(tokens, origin)('/users', { method: 'POST', body: user }),
  'openapi-fetch': async (tokens, origin) => (await openapi(tokens, origin).POST('/users', { body: user })).data,
  axios: async (tokens, origin) => (await axios.usersApi(tokens, origin).post('/users', user)).data,
  got: (tokens, origin) => got.usersApi(tokens, origin).post('users', { json: user }).json(),
  'node:http': (tokens, origin) => nodeHttp.createUser(tokens, origin, user)
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

function closing<C extends { close(): unknown }>(client: C): C {
  onTestFinished(async () => void (await client.close()))
  return client
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
    await getGlobalDispatcher().close()
    setGlobalDispatcher(before)
  }
})

test('W11 D1 grpc: a call carries the token to its service, and is made once more after UNAUTHENTICATED', async () => {
  const { tokens, refused } = await api()
  const users = await service((given) => (given === refused ? { code: status.UNAUTHENTICATED } : undefined))
  const client = closing(usersClient(tokens, users.target, users.secure))
  const same = (value: Buffer) => value
  const answer = new Promise((resolve, reject) => {
    const path = '/users.Users/Unary'
    client.makeUnaryRequest(path, same, same, Buffer.from('hello'), (error, value) =>
      error === null ? resolve(String(value)) : reject(error)
    )
  })
  expect(await answer).toBe('hello')
  expect(users.calls).toHaveLength(2)
})

test('docs/http-clients.md shows every example as it is tested', () => {
  const folder = new URL('../../examples/http-clients/', import.meta.url)
  const page = readFileSync(new URL('../../docs/http-clients.md', import.meta.url), 'utf8')
  const shown = readdirSync(folder).filter((file) => page.includes(readFileSync(new URL(file, folder), 'utf8')))
  expect(shown).toEqual(readdirSync(folder))
})
