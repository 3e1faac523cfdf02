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

/** Everything that a careless log could print of a value. */
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

test('X11 C75 neither the DPoP key nor a proof is on any surface, whatever goes wrong', async () => {
  const heard = overheard()
  const proofs: string[] = []
  const echo = await listen((incoming, response) => {
    const proof = String(incoming.headers.dpop)
    const good = { access_token: 'marker-token', token_type: 'DPoP', expires_in: 3600 }
    const answers = [
      [200, good],
      [400, { error: proof }],
      [400, { error: 'invalid_dpop_proof', error_description: proof }],
      [200, { ...good, token_type: proof }],
      [200, { ...good, scope: proof }]
    ] as const
    const [status, body] = answers[Math.min(proofs.length, answers.length - 1)] as (typeof answers)[number]
    proofs.push(proof)
    response
      .writeHead(status, { 'content-type': 'application/json', 'dpop-nonce': proof.slice(0, 900) })
      .end(JSON.stringify(body))
  })
  const users = await listen((incoming, response) => {
    proofs.push(String(incoming.headers.dpop))
    response
      .writeHead(401, { 'www-authenticate': `DPoP error="${incoming.headers.dpop}", scope="${incoming.headers.dpop}"` })
      .end()
  })
  const { tokens, clock } = await road({ issuer: undefined as never, tokenEndpoint: echo, dpop: { key: privateKey } })
  tokens.on('*', (name, event) => heard.push([name, event]))
  const agent = new Agent().compose(tokens.interceptor({ origins: [users] }))
  heard.push(await tokens.getToken())
  for (const scope of ['a', 'b', 'c', 'd']) {
    await clock.advance(1000)
    heard.push(await tokens.getToken({ scope: [scope] }).catch((error: unknown) => error))
  }
  await (await request(users, { dispatcher: agent })).body.dump()
  heard.push(tokens, tokens.health(), tokens.inventory())
  expect(proofs.length).toBeGreaterThan(5)
  const all = heard.flatMap(surfaces)
  const shown = [
    d,
    pem.split('\n')[1] ?? '',
    'marker-token',
    ...proofs,
    ...proofs.map((proof) => proof.split('.')[2] ?? '')
  ]
  expect(all.filter((text) => shown.some((secret) => text.includes(secret)))).toEqual([])
  await agent.close()
})
