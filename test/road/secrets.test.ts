import { format, inspect } from 'node:util'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import { clientSecretPost } from '../../src/index.ts'
import { clientId, clientSecret, listen, road } from '../support/road.ts'

const forms = [
  clientSecret,
  encodeURIComponent(clientSecret),
  btoa(unescape(encodeURIComponent(`${clientId}:${clientSecret}`)))
]

/** All that a careless log could print of a value. */
function surfaces(value: unknown): string[] {
  const printed = [
    inspect(value, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
    format('%s %o %O %j', value, value, value, value),
    String(value),
    `${JSON.stringify(value)}`
  ]
  if (value instanceof Error) printed.push(value.message, value.stack ?? '', ...surfaces(value.cause))
  return printed
}

test('X11 X14 X17 C35 no secret and no token is on any surface, whatever goes wrong', async () => {
  const warnings: unknown[] = []
  const collect = (warning: Error) => void warnings.push(warning)
  process.on('warning', collect)
  const print = vi.spyOn(console, 'log')
  onTestFinished(() => {
    process.off('warning', collect)
    print.mockRestore()
  })

  const { tokens, server, clock } = await road({ scope: ['read_user'] })
  const events: unknown[] = []
  tokens.on('*', (name, event) => events.push([name, event]))
  tokens.on('refreshed', () => {
    throw new Error('a careless listener')
  })
  const users = await listen((_, response) => response.writeHead(401).end())
  const agent = new Agent().compose(tokens.interceptor({ origins: [users] }))

  const token = await tokens.getToken()
  await clock.advance(1000)
  await (await request(users, { dispatcher: agent })).body.dump()
  server.faults.answer({ status: 400, body: { error: 'odd', error_description: clientSecret } }, { requests: 1 })
  await clock.advance(1000)
  const refused = await tokens.getToken({ scope: ['write_user'] }).catch((error: unknown) => error)
  server.faults.answer({ body: { access_token: token.value, token_type: 'mac' } }, { requests: 1 })
  const unusable = await tokens.getToken({ scope: ['admin'] }).catch((error: unknown) => error)
  const wrong = await tokens.getToken({ parameters: { client_secret: clientSecret } }).catch((error: unknown) => error)
  await tokens.close()
  const closed = await tokens.getToken().catch((error: unknown) => error)

  const seen = [tokens, tokens.health(), token, structuredClone(token), clientSecretPost(clientSecret)]
  const all = [...seen, ...events, ...warnings, refused, unusable, wrong, closed, process.argv, ...print.mock.calls]
  expect(events.length).toBeGreaterThan(3)
  const leaks = all.flatMap(surfaces).filter((text) => [...forms, token.value].some((form) => text.includes(form)))
  expect(leaks).toEqual([])
  expect(Object.keys(refused as object)).not.toEqual(expect.arrayContaining(['config', 'request', 'response', 'body']))
  await agent.close()
})
