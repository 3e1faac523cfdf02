import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { createTokenClient, type TokenClientOptions, tlsClientAuth } from '../../src/index.ts'
import { accessTokenVerifier } from '../../src/resource-server/index.ts'
import { type LoopbackProxy, loopbackProxy } from '../http/loopback-proxy.ts'
import { authority, type Certificate, certificate } from '../support/certificates.ts'
import { clientId, clientSecret, road } from '../support/road.ts'

let ca: Certificate
let own: Certificate
let shown: Certificate

beforeAll(async () => {
  ca = await authority()
  ;[own, shown] = await Promise.all([certificate('127.0.0.1', ca), certificate('orders', ca)])
})

function environment(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

function lines({ asked }: LoopbackProxy): string[] {
  return asked.map(({ line }) => line)
}

test('W21 C59 a client with a certificate gets its token through a proxy', async () => {
  const proxy = await loopbackProxy()
  const server = await startAuthorizationServer({
    tls: { ...own, ca: ca.cert },
    clients: [{ clientId: 'orders', certificateSubject: 'CN=orders', scope: ['read'] }]
  })
  const tokens = createTokenClient({
    issuer: server.issuer,
    clientId: 'orders',
    clientAuthentication: tlsClientAuth({ ...shown, ca: ca.cert }),
    proxy: proxy.url
  })
  onTestFinished(async () => {
    await tokens.close()
    await server.close()
  })
  expect((await tokens.getToken()).scope).toEqual(['read'])
  expect(lines(proxy)).toEqual([
    `GET ${server.issuer}/.well-known/oauth-authorization-server`, // the development server has TLS for its aliases only
    expect.stringMatching(/^CONNECT 127\.0\.0\.1:\d+$/)
  ])
})

test('W21 NODE_USE_ENV_PROXY=1 sends the requests of client and verifier through HTTP_PROXY, and NO_PROXY exempts them', async () => {
  const proxy = await loopbackProxy()
  environment({
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxy.url.href,
    http_proxy: undefined,
    no_proxy: undefined,
    NO_PROXY: undefined
  })
  const { tokens, server, clock } = await road({ audience: 'https://users.internal' })
  const { value } = await tokens.getToken()
  const verifier = accessTokenVerifier({ issuer: server.issuer, audience: 'https://users.internal', clock })
  onTestFinished(verifier.close)
  await verifier.verify(`Bearer ${value}`)
  expect(lines(proxy)).toContain(`POST ${server.tokenEndpoint}`)
  expect(lines(proxy)).toContain(`GET ${server.issuer}/jwks`)
  const before = proxy.asked.length

  vi.stubEnv('NO_PROXY', '127.0.0.1')
  const direct = createTokenClient({ issuer: server.issuer, clientId, clientSecret, clock })
  onTestFinished(direct.close)
  await direct.getToken()
  expect(proxy.asked).toHaveLength(before)
})

test('W21 without a sign of the platform the environment does not count', async () => {
  const proxy = await loopbackProxy()
  environment({ NODE_USE_ENV_PROXY: undefined, HTTP_PROXY: proxy.url.href })
  const { tokens } = await road()
  await tokens.getToken()
  expect(proxy.asked).toEqual([])
})

test('W21 a proxy that wants a password: the failure and its event name the proxy', async () => {
  const proxy = await loopbackProxy()
  proxy.answerWith(407)
  const { tokens, told } = await road({ proxy: proxy.url } as Partial<TokenClientOptions>)
  const failure = await tokens.getToken().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'ERR_PROXY_REFUSED', transient: false })
  expect((failure as Error).message).toContain(proxy.url.host)
  expect(told).toContain('refresh-failed')
})

test('W21 a proxy that says nothing is named when the time is over', async () => {
  const proxy = await loopbackProxy()
  proxy.answerWith(0)
  const { tokens, clock } = await road({
    tokenEndpoint: 'https://127.0.0.1:8889/token',
    proxy: proxy.url
  } as Partial<TokenClientOptions>)
  const failure = tokens.getToken().catch((error: unknown) => error)
  await vi.waitFor(() => expect(proxy.asked).toHaveLength(1))
  await clock.advance(10_000)
  expect(await failure).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining(proxy.url.host) })
})
