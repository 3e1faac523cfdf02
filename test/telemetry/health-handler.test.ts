import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { healthHandler, type TokenClient } from '../../src/index.ts'
import { road } from '../support/road.ts'

type Serve = (...clients: readonly TokenClient[]) => Promise<string>

const ways: readonly (readonly [string, Serve])[] = [
  [
    'node:http',
    async (...clients) => {
      const server = createServer(healthHandler(...clients)).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      onTestFinished(() => void server.close())
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
    }
  ],
  [
    'Express',
    async (...clients) => {
      const server = express()
        .get('/health', healthHandler(...clients))
        .listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      onTestFinished(() => void server.close())
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
    }
  ],
  [
    'Fastify',
    async (...clients) => {
      const server = fastify().get('/health', healthHandler(...clients))
      onTestFinished(() => server.close())
      return `${await server.listen({ port: 0, host: '127.0.0.1' })}/health`
    }
  ]
]

describe.each(ways)('with %s', (_, serve) => {
  test('a probe hears 503 until there is a token, then 200, with the health as JSON', async () => {
    const { tokens, server, clock } = await road()
    const url = await serve(tokens)
    expect((await fetch(url)).status).toBe(200) // nothing is wanted yet
    server.faults.answer({ status: 400, body: { error: 'unauthorized_client' } }, { requests: 1 })
    await expect(tokens.getToken()).rejects.toThrow()
    const failed = await fetch(url)
    expect([failed.status, failed.headers.get('content-type'), failed.headers.get('cache-control')]).toEqual([
      ...[503, expect.stringContaining('application/json'), 'no-store']
    ])
    expect(await failed.json()).toMatchObject({ ready: false, clients: [{ state: 'failed' }] })
    await clock.advance(60_000)
    await tokens.getToken()
    const well = await fetch(url)
    expect([well.status, await well.json()]).toMatchObject([200, { ready: true, clients: [{ state: 'fresh' }] }])
  })

  test('several clients are one answer, and one that is not ready decides', async () => {
    const [one, other] = [await road(), await road()]
    await one.tokens.getToken()
    await other.tokens.close()
    const response = await fetch(await serve(one.tokens, other.tokens))
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ ready: false, clients: [{ state: 'fresh' }, { state: 'closed' }] })
  })
})

test('no token and no secret is in the answer', async () => {
  const { tokens } = await road()
  const { value } = await tokens.getToken()
  const [[, serve] = []] = ways
  const text = await (await fetch((await serve?.(tokens)) ?? '')).text()
  expect(text).toContain('"ready":true')
  expect(text).not.toContain(value)
  expect(text).not.toContain('marker-secret')
})

test.each([[[]], [[undefined]], [['tokens']], [[{}]]])('healthHandler(...%j) says what it wants', (clients) => {
  expect(() => healthHandler(...(clients as never[]))).toThrow('Give what createTokenClient() returns')
})

test('W37 a probe that another middleware has answered already ends no process, and keeps that answer', async () => {
  const { tokens } = await road()
  const health = healthHandler(tokens)
  const thrown: unknown[] = []
  const again = (respond: () => void) => {
    try {
      respond()
    } catch (error) {
      thrown.push(error) // node:http would throw it at the whole process
    }
  }
  const server = createServer((request, response) => {
    if (request.url === '/head') response.writeHead(418).flushHeaders()
    else response.writeHead(418).end()
    again(() => health(request, response))
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const probed = fastify().get('/', (request, reply) => {
    reply.code(418).send()
    again(() => health(request, reply))
  })
  onTestFinished(() => probed.close())
  const urls = [`${origin}/head`, `${origin}/whole`, await probed.listen({ port: 0, host: '127.0.0.1' })]
  const statuses = await Promise.all(urls.map(async (url) => (await fetch(url)).status))
  expect([statuses, thrown]).toEqual([[418, 418, 418], []])
})
