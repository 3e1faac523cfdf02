import { generateKeyPairSync } from 'node:crypto'
import { format, inspect } from 'node:util'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  assertion,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  privateKeyJwt,
  type TokenClient
} from '../../src/index.ts'
import { clientId, clientSecret, listen, road } from '../support/road.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const { d = '' } = privateKey.export({ format: 'jwk' })

const secrets = [
  clientSecret,
  encodeURIComponent(clientSecret),
  Buffer.from(`${clientId}:${clientSecret}`).toString('base64'),
  pem.split('\n')[1] ?? '',
  d
]

/** What arrives on the other side of a port, or the error that says why nothing can. */
function sent(value: unknown): unknown {
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(value)
    return receiveMessageOnPort(port2)
  } catch (error) {
    return error
  } finally {
    port1.close()
  }
}

function cloned(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch (error) {
    return error
  }
}

/** All that a careless log could print of a value. */
function printed(value: unknown): string[] {
  const texts = [
    inspect(value, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
    format('%s %o %O %j', value, value, value, value),
    `${value}`,
    `${JSON.stringify(value)}`
  ]
  if (value instanceof Error) texts.push(value.message, value.stack ?? '', ...printed(value.cause))
  return texts
}

/** The same, and of what becomes of it in another thread or a copy. */
function surfaces(value: unknown): string[] {
  return [value, sent(value), cloned(value)].flatMap(printed)
}

/** Collects what the process says of itself while the test runs. */
function overheard(): unknown[] {
  const heard: unknown[] = []
  const hear = (said: unknown) => void heard.push(said)
  const spies = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(hear)
  )
  process.on('warning', hear)
  onTestFinished(() => {
    process.off('warning', hear)
    for (const spy of spies) spy.mockRestore()
  })
  return heard
}

async function failure(tokens: TokenClient, options: object): Promise<unknown> {
  return tokens.getToken(options).then(
    () => expect.fail('a token came'),
    (error: unknown) => error
  )
}

test('X11 X14 X16 X17 C35 no secret and no token is on any surface, whatever goes wrong', async () => {
  const heard = overheard()
  const { tokens, server, clock } = await road({ scope: ['read_user'] })
  tokens.on('*', (name, event) => heard.push([name, event]))
  tokens.on('refreshed', () => {
    throw new Error('a careless listener')
  })
  const users = await listen((_, response) => response.writeHead(401).end())
  const agent = new Agent().compose(tokens.interceptor({ origins: [users] }))

  const token = await tokens.getToken()
  await clock.advance(1000)
  await (await request(users, { dispatcher: agent })).body.dump()
  const leaving = request(`${users}?access_token=${token.value}`, { dispatcher: agent }).catch(
    (error: unknown) => error
  )
  heard.push(await leaving)
  server.faults.answer({ status: 400, body: { error: 'odd', error_description: clientSecret } }, { requests: 1 })
  await clock.advance(1000)
  const refused = await failure(tokens, { scope: ['write_user'] })
  server.faults.answer({ body: { access_token: token.value, token_type: 'mac' } }, { requests: 1 })
  heard.push(refused, await failure(tokens, { scope: ['admin'] }))
  heard.push(await failure(tokens, { parameters: { client_secret: clientSecret } }))
  heard.push(tokens, tokens.health(), token, await tokens.getToken())
  await tokens.close()
  heard.push(await failure(tokens, {}), tokens, process.argv)

  expect(heard.length).toBeGreaterThan(12)
  const all = [...heard.flatMap(surfaces), JSON.stringify(process.report.getReport())]
  expect(all.filter((text) => [...secrets, token.value].some((secret) => text.includes(secret)))).toEqual([])
  expect(Object.keys(refused as object)).not.toEqual(expect.arrayContaining(['config', 'request', 'response', 'body']))
  await agent.close()
})

test.each([
  ['clientSecretBasic', clientSecretBasic(clientSecret)],
  ['clientSecretPost', clientSecretPost(clientSecret)],
  ['clientSecretJwt', clientSecretJwt(clientSecret.repeat(2))],
  ['privateKeyJwt of a PEM', privateKeyJwt({ key: pem })],
  ['privateKeyJwt of a KeyObject', privateKeyJwt({ key: privateKey })],
  ['assertion', assertion(() => clientSecret)]
])('X11 %s shows no secret on any surface', (_, authentication) => {
  const texts = surfaces({ authentication })
  expect(texts.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([])
})
