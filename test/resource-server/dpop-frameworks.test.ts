import 'reflect-metadata'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import * as grpc from '@grpc/grpc-js'
import { serve } from '@hono/node-server'
import { Get } from '@nestjs/common'
import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import express from 'express'
import fastify from 'fastify'
import { H3, serve as serveH3 } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import * as onGrpc from '../../src/resource-server/grpc/index.ts'
import * as onH3 from '../../src/resource-server/h3/index.ts'
import * as onHono from '../../src/resource-server/hono/index.ts'
import {
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  requireToken,
  scopes
} from '../../src/resource-server/index.ts'
import * as onKoa from '../../src/resource-server/koa/index.ts'
import * as onNest from '../../src/resource-server/nestjs/index.ts'
import * as onTrpc from '../../src/resource-server/trpc/index.ts'
import * as onWebSocket from '../../src/resource-server/websocket/index.ts'
import { certificate } from '../support/certificates.ts'
import { testIssuer } from './issuer.ts'
import { nestServer } from './nest-server.ts'
import { ath, proofSigner } from './proofs.ts'

const by = await testIssuer()
const client = await proofSigner('ES256', () => by.clock.wallTime() / 1000)
const token = await by.token({ cnf: { jkt: client.jkt } })
const rule = scopes('read_user')

/** Starts a service that answers at `/hello`; gives its URL. */
type Start = (verifier: AccessTokenVerifier) => Promise<string>

async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const frameworks: Record<string, Start> = {
  'node:http': (verifier) => {
    const guard = requireToken(verifier, rule)
    return listening(createServer((request, response) => guard(request, response, () => response.end('hello'))))
  },
  Express: (verifier) =>
    listening(
      createServer(express().get('/hello', requireToken(verifier, rule), (_, answer) => void answer.send('hello')))
    ),
  Fastify: async (verifier) => {
    const app = fastify()
    app.get('/hello', { preHandler: requireToken(verifier, rule) }, async () => 'hello')
    onTestFinished(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  Hono: (verifier) => {
    const app = new Hono()
    app.use(onHono.requireToken(verifier, rule))
    app.get('/hello', () => new Response('hello'))
    return listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
  },
  Koa: (verifier) => {
    const app = new Koa().use(onKoa.requireToken(verifier, rule))
    app.use((context) => {
      context.body = 'hello'
    })
    return listening(createServer(app.callback()))
  },
  h3: async (verifier) => {
    const app = new H3().use(onH3.requireToken(verifier, rule))
    app.get('/hello', () => 'hello')
    const server = serveH3(app, { port: 0, hostname: '127.0.0.1', silent: true })
    await server.ready()
    onTestFinished(() => server.close(true))
    return String(server.url).replace(/\/$/, '')
  },
  NestJS: async (verifier) => {
    class Greeting {
      hello = () => 'hello'
    }
    Object.defineProperty(Greeting.prototype, 'hello', { value: () => 'hello', writable: true })
    const descriptor = Object.getOwnPropertyDescriptor(Greeting.prototype, 'hello') as PropertyDescriptor
    Get('hello')(Greeting.prototype, 'hello', descriptor)
    return nestServer(Greeting, onNest.requireToken(verifier, rule))
  },
  tRPC: async (verifier) => {
    const trpc = initTRPC.context<onTrpc.TokenContext>().create()
    const router = trpc.router({ hello: trpc.procedure.query(() => 'hello') })
    return listening(createHTTPServer({ router, createContext: onTrpc.tokenContext(verifier, rule) }))
  }
}

async function call(url: string, claims: Record<string, unknown>) {
  const proof = client.proof({ ath: ath(token), htu: url, ...claims })
  const headers = { connection: 'close', authorization: `DPoP ${token}`, dpop: proof }
  const response = await fetch(`${url}?input=`, { headers })
  await response.text()
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    nonce: response.headers.get('dpop-nonce')
  }
}

const demanding = () => by.verifier({ dpop: { tokens: 'required', nonces: true } })

test.each(Object.entries(frameworks))(
  'R37 R40 a service on %s checks the proof of this request, demands a nonce and gives the next one',
  async (_name, start) => {
    const url = `${await start(demanding())}/hello`
    const first = await call(url, {})
    expect(first).toMatchObject({ status: 401, challenge: expect.stringMatching(/^DPoP .*error="use_dpop_nonce"/) })
    expect(await call(url, { nonce: first.nonce })).toEqual({ status: 200, challenge: null, nonce: first.nonce })
    expect(await call(url, { nonce: first.nonce, htm: 'POST' })).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('error="invalid_dpop_proof"')
    })
    expect((await call(url, { nonce: first.nonce, htu: `${url}/x` })).status).toBe(401)
  }
)

const text = {
  requestSerialize: Buffer.from,
  requestDeserialize: String,
  responseSerialize: Buffer.from,
  responseDeserialize: String
}

/** A gRPC service, how it is called, and what its clients call it. */
async function greeting(dpop: AccessTokenVerifierOptions['dpop'], tls: boolean) {
  const externalUrl = tls ? {} : { externalUrl: 'http://greeting.internal' }
  const guard = onGrpc.requireToken(by.verifier({ dpop, ...externalUrl } as never), rule)
  const server = new grpc.Server({ interceptors: [guard] })
  const hello = { path: '/greeting/Hello', requestStream: false, responseStream: false, ...text }
  server.addService({ hello } as never, {
    hello: (_call: unknown, done: grpc.sendUnaryData<string>) => done(null, 'hello')
  })
  const { cert, key } = await certificate('localhost')
  const files = [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }]
  const credentials = tls ? grpc.ServerCredentials.createSsl(null, files) : grpc.ServerCredentials.createInsecure()
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)))
  )
  const trust = tls ? grpc.credentials.createSsl(Buffer.from(cert)) : grpc.credentials.createInsecure()
  const caller = new grpc.Client(`localhost:${port}`, trust)
  onTestFinished(() => {
    caller.close()
    server.forceShutdown()
  })
  const ask = (htu: string, htm = 'POST', nonce?: string) =>
    new Promise<{ answer: unknown; trailers: grpc.Metadata }>((resolve) => {
      const metadata = new grpc.Metadata()
      metadata.set('authorization', `DPoP ${token}`)
      metadata.set('dpop', client.proof({ ath: ath(token), htu, htm, ...(nonce !== undefined && { nonce }) }))
      let answer: unknown
      caller
        .makeUnaryRequest('/greeting/Hello', Buffer.from, String, 'world', metadata, (error, value) => {
          answer = error === null ? value : error.code
        })
        .on('status', ({ metadata: trailers }) => setImmediate(() => resolve({ answer, trailers })))
    })
  return { ask, url: `${tls ? `https://localhost:${port}` : 'http://greeting.internal'}/greeting/Hello` }
}

test.each([false, true])('R37 a gRPC server checks the proof of this call, over TLS: %s', async (tls) => {
  const { ask: asked, url } = await greeting('required', tls)
  const ask = async (htu: string, htm?: string) => (await asked(htu, htm)).answer
  expect(await ask(url)).toBe('hello')
  expect(await ask(url, 'GET')).toBe(grpc.status.UNAUTHENTICATED)
  expect(await ask(`${url}s`)).toBe(grpc.status.UNAUTHENTICATED)
})

test('R37 R40 a gRPC server demands a nonce in its trailers, and gives the next one', async () => {
  const { ask, url } = await greeting({ tokens: 'required', nonces: true }, true)
  const first = await ask(url)
  expect(first.answer).toBe(grpc.status.UNAUTHENTICATED)
  expect(String(first.trailers.get('www-authenticate'))).toMatch(/^DPoP .*error="use_dpop_nonce"/)
  const nonce = String(first.trailers.get('dpop-nonce'))
  const second = await ask(url, 'POST', nonce)
  expect({ answer: second.answer, nonce: second.trailers.get('dpop-nonce') }).toEqual({
    answer: 'hello',
    nonce: [nonce]
  })
})

test('R37 a connection becomes a WebSocket with a proof of this request', async () => {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  const guard = onWebSocket.requireToken(by.verifier({ dpop: 'required' }), rule)
  server.on('upgrade', (request, socket, head) =>
    guard(request, socket, () => sockets.handleUpgrade(request, socket, head, (opened) => opened.send('hello')))
  )
  const url = await listening(server)
  const open = (htu: string) =>
    new WebSocket(url.replace('http', 'ws'), {
      headers: { authorization: `DPoP ${token}`, dpop: client.proof({ ath: ath(token), htu }) }
    })
  const opened = open(`${url}/`)
  expect(String((await once(opened, 'message'))[0])).toBe('hello')
  opened.terminate()
  const [, refused] = await once(open(`${url}/x`), 'unexpected-response')
  expect(refused.statusCode).toBe(401)
  refused.destroy()
  sockets.close()
})
