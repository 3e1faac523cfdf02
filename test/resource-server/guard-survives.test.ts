import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import {
  type AccessTokenVerifier,
  type RequireTokenOptions,
  requireToken,
  scopes
} from '../../src/resource-server/index.ts'
import { testIssuer } from './issuer.ts'

// A rejection that nobody handles, or an exception, fails the run: vitest reports both. So each of these tests also says that the process lives.

const by = await testIssuer()
const good = `Bearer ${await by.token()}`

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

async function service(handler: Handler, options?: RequireTokenOptions, verifier: AccessTokenVerifier = by.verifier()) {
  const guard = requireToken(verifier, scopes('read_user'), options)
  const server = createServer((request, response) => guard(request, response, () => handler(request, response)))
  return listening(server)
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function call(url: string, authorization?: string): Promise<readonly [number, string]> {
  const headers = { connection: 'close', ...(authorization !== undefined && { authorization }) }
  const response = await fetch(url, { headers })
  return [response.status, await response.text()]
}

/** A verifier that answers when the test says so. */
function slow(): { readonly verifier: AccessTokenVerifier; readonly asked: Promise<void>; go(): void } {
  const real = by.verifier()
  let asked = () => {}
  let go = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const mayGo = new Promise<void>((resolve) => {
    go = resolve
  })
  const verifier: AccessTokenVerifier = {
    ...real,
    async authorize(carrier, rule) {
      asked()
      await mayGo
      return real.authorize(carrier, rule)
    }
  }
  return { verifier, asked: isAsked, go: () => go() }
}

function warning(): Promise<Error & { detail?: string }> {
  return new Promise((resolve) => process.once('warning', resolve))
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test.each([
  [
    'throws',
    () => {
      throw new Error('broken listener')
    }
  ],
  ['rejects', () => Promise.reject(new Error('broken listener'))],
  [
    'throws what is no error',
    () => {
      throw Object.create(null)
    }
  ],
  [
    'throws without a reason',
    () => {
      throw undefined
    }
  ]
])(
  'R43 an onRefusal that %s ends no process: the refusal goes out, and a warning tells of it',
  async (_what, onRefusal) => {
    const url = await service((_request, response) => response.end('welcome'), { onRefusal })
    const warned = warning()
    expect(await call(url)).toEqual([401, ''])
    expect((await warned).message).toBe('onRefusal of requireToken() failed.')
    expect(await call(url, good)).toEqual([200, 'welcome'])
  }
)

test.each([
  [
    'throws',
    () => {
      throw new Error('broken handler')
    }
  ],
  ['rejects', () => Promise.reject(new Error('broken handler'))]
])('R43 a handler that %s behind the guard is answered with 500, and a warning shows where', async (_what, handler) => {
  const url = await service(handler)
  const warned = warning()
  expect(await call(url, good)).toEqual([500, ''])
  expect((await warned).detail).toMatch(/broken handler[\s\S]*guard-survives/)
})

test('R43 a handler that fails in the middle of its answer does not leave the caller waiting', async () => {
  const url = await service((_request, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('wel')
    throw new Error('broken handler')
  })
  const warned = warning()
  await expect(call(url, good)).rejects.toThrow()
  await warned
})

test('R43 a handler that fails after its answer spoils no answer', async () => {
  const url = await service((_request, response) => {
    response.end('welcome')
    throw new Error('broken handler')
  })
  const warned = warning()
  expect(await call(url, good)).toEqual([200, 'welcome'])
  await warned
})

/** Another middleware, such as a timeout, that answers before the token is judged. */
const early: Record<string, (verifier: AccessTokenVerifier, served: () => void) => Promise<string>> = {
  'node:http': async (verifier, served) => {
    const guard = requireToken(verifier, scopes('read_user'))
    return listening(
      createServer((request, response) => {
        guard(request, response, served)
        response.writeHead(504).end('too late')
      })
    )
  },
  'Express 5': async (verifier, served) => {
    const app = express()
    app.use((_request, response, next) => {
      next()
      response.status(504).send('too late')
    })
    app.use(requireToken(verifier, scopes('read_user')), served)
    return listening(app.listen(0, '127.0.0.1'))
  },
  'Fastify 5': async (verifier, served) => {
    const app = fastify({ forceCloseConnections: true })
    app.addHook('onRequest', (_request, reply, done) => {
      done()
      reply.code(504).send('too late')
    })
    app.get('/', { preHandler: requireToken(verifier, scopes('read_user')) }, async () => served())
    onTestFinished(() => app.close())
    return app.listen({ host: '127.0.0.1', port: 0 })
  }
}

test.each(
  Object.entries(early).flatMap(([name, start]) => [
    ['no token', name, start, undefined] as const,
    ['a good token', name, start, good] as const
  ])
)(
  'R43 a request with %s that another middleware of %s has answered is over, and nothing else is',
  async (_what, _name, start, authorization) => {
    let served = 0
    const { verifier, asked, go } = slow()
    const url = await start(verifier, () => {
      served++
    })
    expect(await call(url, authorization)).toEqual([504, 'too late'])
    await asked
    go()
    await turn()
    await turn()
    expect(served).toBe(0)
  }
)

test('R43 a caller that left while its token was judged gets no answer', async () => {
  let served = 0
  const { verifier, asked, go } = slow()
  const guard = requireToken(verifier, scopes('read_user'))
  const server = createServer((request, response) => guard(request, response, () => served++))
  const gone = new Promise((resolve) => server.on('request', (_request, response) => response.on('close', resolve)))
  const leaving = new AbortController()
  const left = fetch(await listening(server), { headers: { authorization: good }, signal: leaving.signal })
  await asked
  leaving.abort()
  await expect(left).rejects.toThrow()
  await gone
  go()
  await turn()
  await turn()
  expect(served).toBe(0)
})

test.each<[string, unknown[]]>([
  ['a context and next, as Koa calls it', [{ req: {}, res: {} }, () => {}]],
  ['a context alone', [{}]],
  ['nothing', []],
  ['no next', [{ rawHeaders: [] }, { writeHead() {} }]]
])('R43 a guard that is called with %s says what it takes, and opens nothing', (_what, args) => {
  const guard = requireToken(by.verifier(), scopes('read_user')) as (...args: unknown[]) => void
  expect(() => guard(...args)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  expect(() => guard(...args)).toThrow(/needs request, response and next/)
})
