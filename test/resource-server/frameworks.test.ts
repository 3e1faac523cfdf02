import 'reflect-metadata'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import * as grpc from '@grpc/grpc-js'
import { serve } from '@hono/node-server'
import { Get, Req } from '@nestjs/common'
import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { H3, serve as serveH3 } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import * as onGrpc from '../../src/resource-server/grpc/index.ts'
import * as onH3 from '../../src/resource-server/h3/index.ts'
import * as onHono from '../../src/resource-server/hono/index.ts'
import { type AccessTokenVerifier, problemJson, type Rule, scopes } from '../../src/resource-server/index.ts'
import * as onKoa from '../../src/resource-server/koa/index.ts'
import * as onNest from '../../src/resource-server/nestjs/index.ts'
import * as onTrpc from '../../src/resource-server/trpc/index.ts'
import * as onWebSocket from '../../src/resource-server/websocket/index.ts'
import { audience, testIssuer } from './issuer.ts'
import { nestServer } from './nest-server.ts'

const by = await testIssuer()
const good = `Bearer ${await by.token()}`
const challenge = `Bearer realm="${audience}"`

interface Heard {
  readonly onAllowed: (token: { clientId: string }) => void
  readonly onRefusal: (error: Error) => void
}

/** Starts a service that greets the client by its name; gives its URL. */
type Start = (verifier: AccessTokenVerifier, rule: Rule, heard: Heard, optional?: boolean) => Promise<string>

async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const hono: Start = async (verifier, rule, heard, optional = false) => {
  const app = new Hono()
  app.use(onHono.requireToken(verifier, rule, { ...heard, optional, refusal: problemJson }))
  app.get('/', (context) => context.text(onHono.optionalAccessTokenOf(context)?.clientId ?? 'nobody'))
  return listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
}

const koa: Start = async (verifier, rule, heard, optional = false) => {
  const app = new Koa().use(onKoa.requireToken(verifier, rule, { ...heard, optional, refusal: problemJson }))
  app.use((context) => {
    context.body = onKoa.optionalAccessTokenOf(context)?.clientId ?? 'nobody'
  })
  return listening(createServer(app.callback()))
}

const h3: Start = async (verifier, rule, heard, optional = false) => {
  const app = new H3().use(onH3.requireToken(verifier, rule, { ...heard, optional, refusal: problemJson }))
  app.get('/', (event) => onH3.optionalAccessTokenOf(event)?.clientId ?? 'nobody')
  const server = serveH3(app, { port: 0, hostname: '127.0.0.1', silent: true })
  await server.ready()
  onTestFinished(() => server.close(true))
  return String(server.url).replace(/\/$/, '')
}

const nest: Start = async (verifier, rule, heard, optional = false) => {
  class Greeting {
    hello(request: onNest.NestRequest): string {
      return onNest.optionalAccessTokenOf(request)?.clientId ?? 'nobody'
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Greeting.prototype, 'hello') as PropertyDescriptor
  Req()(Greeting.prototype, 'hello', 0)
  Get()(Greeting.prototype, 'hello', descriptor)
  return nestServer(Greeting, onNest.requireToken(verifier, rule, { ...heard, optional }))
}

const frameworks: Record<string, Start> = { Hono: hono, Koa: koa, h3, NestJS: nest }

async function call(url: string, authorization?: string) {
  const headers = { connection: 'close', ...(authorization !== undefined && { authorization }) }
  const response = await fetch(url, { headers })
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.text() }
}

test.each(Object.entries(frameworks))(
  'R4 R6 R7 R15 R43 a service on %s serves who may, and tells the others what RFC 6750 allows',
  async (_name, start) => {
    const heard: string[] = []
    const url = await start(by.verifier(), scopes('write_user'), {
      onAllowed: ({ clientId }) => heard.push(clientId),
      onRefusal: ({ message }) => heard.push(message)
    })
    const allowed = `Bearer ${await by.token({ scope: 'write_user' })}`
    expect(await call(url, allowed)).toMatchObject({ status: 200, body: 'orders' })
    for (const [authorization, status, error] of [
      [undefined, 401, ''],
      ['Bearer x y', 400, ', error="invalid_request"'],
      [`Bearer ${await by.token({ aud: 'x' })}`, 401, ', error="invalid_token"'],
      [good, 403, ', scope="write_user", error="insufficient_scope"']
    ] as const) {
      const refused = await call(url, authorization)
      expect(refused).toMatchObject({ status, challenge: `${challenge}${error}` })
      expect(refused.body).not.toMatch(/another audience/)
    }
    expect(heard).toEqual([
      'orders',
      expect.any(String),
      expect.any(String),
      expect.stringContaining('another audience'),
      expect.any(String)
    ])
    expect(await call(url, allowed)).toMatchObject({ status: 200, body: 'orders' })
  }
)

test.each(Object.entries(frameworks))(
  'R43 where a token is optional on %s, a bad one is refused all the same',
  async (_name, start) => {
    const quiet = { onAllowed() {}, onRefusal() {} }
    const url = await start(by.verifier(), scopes('read_user'), quiet, true)
    expect(await call(url)).toMatchObject({ status: 200, body: 'nobody' })
    expect(await call(url, good)).toMatchObject({ status: 200, body: 'orders' })
    expect(await call(url, 'Bearer x')).toMatchObject({ status: 401 })
  }
)

test.each(Object.entries(frameworks))(
  'R43 listeners that throw, and a rule that does, end no process on %s',
  async (_name, start) => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => {
      emit.mockRestore()
      log.mockRestore()
    })
    const broken = () => {
      throw new Error('broken')
    }
    const url = await start(by.verifier(), scopes('read_user'), { onAllowed: broken, onRefusal: broken })
    expect((await call(url)).status).toBe(401)
    expect((await call(url, good)).status).toBe(200)
    const failing = await start(by.verifier(), { scope: [], allows: broken }, { onAllowed() {}, onRefusal() {} })
    expect((await call(failing, good)).status).toBe(500)
  }
)

test('R43 tRPC finds the token in its context, and answers refusals with their status and challenge', async () => {
  const trpc = initTRPC.context<onTrpc.TokenContext>().create()
  const router = trpc.router({ hello: trpc.procedure.query(({ ctx }) => ctx.accessToken.clientId) })
  const createContext = onTrpc.tokenContext(by.verifier(), scopes('write_user'))
  const url = `${await listening(createHTTPServer({ router, createContext }))}/hello`
  const allowed = await call(url, `Bearer ${await by.token({ scope: 'write_user' })}`)
  expect([allowed.status, JSON.parse(allowed.body)]).toEqual([200, { result: { data: 'orders' } }])
  expect(await call(url)).toMatchObject({ status: 401, challenge })
  const narrow = await call(url, good)
  expect(narrow).toMatchObject({
    status: 403,
    challenge: `${challenge}, scope="write_user", error="insufficient_scope"`
  })
  expect(JSON.parse(narrow.body).error.data.code).toBe('FORBIDDEN')
})

const text = {
  requestSerialize: Buffer.from,
  requestDeserialize: String,
  responseSerialize: Buffer.from,
  responseDeserialize: String
}
const methods = {
  hello: { path: '/greeting/Hello', requestStream: false, responseStream: false, ...text },
  count: { path: '/greeting/Count', requestStream: true, responseStream: true, ...text }
}

async function grpcClient(rule: Rule) {
  const server = new grpc.Server({ interceptors: [onGrpc.requireToken(by.verifier(), rule)] })
  server.addService(methods as never, {
    hello: (call: grpc.ServerUnaryCall<string, string>, done: grpc.sendUnaryData<string>) =>
      done(null, `${onGrpc.accessTokenOf(call).clientId} ${call.request}`),
    count: (call: grpc.ServerDuplexStream<string, string>) =>
      call.on('data', (word: string) => call.write(`${word}!`)).on('end', () => call.end())
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error)
    )
  )
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  onTestFinished(() => {
    client.close()
    server.forceShutdown()
  })
  return client
}

function metadata(...authorization: string[]): grpc.Metadata {
  const made = new grpc.Metadata()
  for (const value of authorization) made.add('authorization', value)
  return made
}

function hello(client: grpc.Client, sent: grpc.Metadata): Promise<string | undefined> {
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest('/greeting/Hello', Buffer.from, String, 'world', sent, (error, answer) =>
      error === null ? resolve(answer) : reject(error)
    )
  )
}

test('R43 a gRPC server serves allowed calls, and ends the others with the right status', async () => {
  const client = await grpcClient(scopes('read_user'))
  expect(await hello(client, metadata(good))).toBe('orders world')
  for (const [sent, code] of [
    [metadata(), grpc.status.UNAUTHENTICATED],
    [metadata(`Bearer ${await by.token({ aud: 'x' })}`), grpc.status.UNAUTHENTICATED],
    [metadata(`Bearer ${await by.token({ scope: 'other' })}`), grpc.status.PERMISSION_DENIED],
    [metadata('Bearer a b'), grpc.status.INVALID_ARGUMENT]
  ] as const)
    await expect(hello(client, sent)).rejects.toMatchObject({ code })
  expect(await hello(client, metadata(good))).toBe('orders world')
})

test('R43 a gRPC server streams both ways behind the interceptor, and a rule sees the method', async () => {
  const paths: unknown[] = []
  const client = await grpcClient({
    scope: [],
    allows: (_token, request) => paths.push((request as { path: string }).path) > 0
  })
  const stream = client.makeBidiStreamRequest('/greeting/Count', Buffer.from, String, metadata(good))
  const words: string[] = []
  stream.on('data', (word: string) => words.push(word))
  for (const word of ['one', 'two']) stream.write(word)
  stream.end()
  await once(stream, 'end')
  expect([words, paths]).toEqual([['one!', 'two!'], ['/greeting/Count']])
})

test('R43 a connection becomes a WebSocket with an allowed token, and is answered otherwise', async () => {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  const guard = onWebSocket.requireToken(by.verifier(), scopes('read_user'), { refusal: problemJson })
  server.on('upgrade', (request, socket, head) =>
    guard(request, socket, () =>
      sockets.handleUpgrade(request, socket, head, (opened) => opened.send(onWebSocket.accessTokenOf(request).clientId))
    )
  )
  const url = (await listening(server)).replace('http:', 'ws:')
  const open = new WebSocket(url, { headers: { authorization: good } })
  const [greeted] = await once(open, 'message')
  expect(String(greeted)).toBe('orders')
  open.terminate()
  const refused = async (headers: Record<string, string>) => {
    const [, response] = await once(new WebSocket(url, { headers }), 'unexpected-response')
    let body = ''
    for await (const chunk of response) body += chunk
    return [response.statusCode, response.headers['www-authenticate'], body]
  }
  expect(await refused({})).toEqual([401, challenge, expect.stringContaining('"title":"Unauthorized"')])
  expect((await refused({ authorization: `Bearer ${await by.token({ scope: 'x' })}` }))[0]).toBe(403)
  sockets.close()
})

test('R43 a client that leaves while its upgrade is judged ends nothing else', async () => {
  const server = createServer()
  let upgraded = 0
  const guard = onWebSocket.requireToken(by.verifier(), scopes('read_user'))
  const gone = new Promise<void>((resolve) => {
    server.on('upgrade', (request, socket) => {
      guard(request, socket, () => upgraded++)
      socket.destroy(new Error('reset'))
      setImmediate(() => setImmediate(resolve))
    })
  })
  const url = (await listening(server)).replace('http:', 'ws:')
  const leaving = new WebSocket(url, { headers: { authorization: good } })
  leaving.on('error', () => {})
  await gone
  expect(upgraded).toBe(0)
})
