import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { selfSigned } from '../../http/certificate.ts'
import { authority, certificate } from '../../support/certificates.ts'
import { developmentServer, doctor, environmentOf, folderForTests } from './run-doctor.ts'

const { run, found } = doctor()
const file = folderForTests()

describe('the network path to the server', () => {
  async function tlsServer(pem: { readonly cert: string; readonly key: string }): Promise<string> {
    const server = createHttpsServer(pem, (_, response) => response.writeHead(404).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('certificate-self-signed', async () => {
    expect(await found(await tlsServer(selfSigned()))).toEqual(['certificate-self-signed'])
  })

  test.each([
    ['certificate-expired', { notAfter: '250101000000Z' }],
    ['certificate-wrong-name', { names: ['elsewhere.test'] }]
  ])('%s', async (name, options) => {
    const pem = selfSigned(options)
    await writeFile(file('own.pem'), pem.cert)
    expect(await found(await tlsServer(pem), { CA_FILE: file('own.pem') })).toEqual([name])
  })

  test('certificate-ends-soon, and the examination goes on', async () => {
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().replace(/\D/g, '').slice(2, 14)
    const pem = selfSigned({ notAfter: `${inTwoDays}Z` })
    await writeFile(file('own.pem'), pem.cert)
    expect(await found(await tlsServer(pem), { CA_FILE: file('own.pem') })).toEqual([
      'certificate-ends-soon',
      'metadata-missing'
    ])
  })

  test('authority-unknown, and nothing once it is named', async () => {
    const ca = await authority()
    const origin = await tlsServer(await certificate('127.0.0.1', ca))
    expect(await found(origin)).toEqual(['authority-unknown'])
    await writeFile(file('ca.pem'), ca.cert)
    expect(await found(origin, { CA_FILE: file('ca.pem') })).toEqual(['metadata-missing'])
  })

  test('tls-failed: plain HTTP where TLS is expected', async () => {
    const server = await developmentServer()
    expect(await found(server.issuer.replace('http:', 'https:'))).toEqual(['tls-failed'])
  })

  test('a token endpoint on another host is checked in the same way', async () => {
    const server = await developmentServer()
    const elsewhere = await tlsServer(selfSigned())
    server.faults.alter({ members: { token_endpoint: `${elsewhere}/token` } }, { at: 'metadata' })
    expect(await found(server.issuer)).toEqual(['certificate-self-signed'])
  })

  test('connection-refused, beside a proxy that is not used', async () => {
    const issuer = 'https://127.0.0.1:9'
    expect(await found(issuer)).toEqual(['connection-refused'])
    const settings = environmentOf(issuer)
    const environment = { ...settings, HTTPS_PROXY: 'http://marker-user:marker-password@127.0.0.1:9' }
    const { stdout } = await run(['doctor', '--json'], { environment })
    expect(JSON.parse(stdout).findings).toMatchObject([{ name: 'connection-refused' }, { name: 'proxy-not-used' }])
    expect(stdout).not.toContain('marker-')
  })

  /** A proxy that answers every request in the same way. */
  async function proxyAnswering(status: number): Promise<string> {
    const proxy = createServer((_, response) => response.writeHead(status).end())
    proxy.on('connect', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    return `http://marker-user:marker-password@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  }

  test.each([
    [407, 'proxy-authentication'],
    [403, 'proxy-refuses']
  ])('a proxy that answers %i: %s', async (status, name) => {
    const PROXY = await proxyAnswering(status)
    const elsewhere = { ISSUER: '', TOKEN_ENDPOINT: 'https://auth.test/token' }
    const findings = [found('https://auth.test', { PROXY }), found('', { ...elsewhere, PROXY })]
    expect(await Promise.all(findings)).toEqual([[name], [name]])
  })

  test('W21 a proxy of the environment is looked at where it is used, and not where NO_PROXY exempts the server', async () => {
    const server = await developmentServer()
    const settings = environmentOf(server.issuer)
    const environment = {
      ...settings,
      HTTP_PROXY: 'http://marker-user:marker-password@127.0.0.1:9',
      NODE_USE_ENV_PROXY: '1'
    }
    const { host, port } = new URL(server.issuer)
    const cases: readonly (readonly [noProxy: string, names: readonly string[]])[] = [
      ['', ['connection-refused']],
      ['127.0.0.1', []],
      [host, []],
      ['*', []],
      [`elsewhere.test *:${port}`, []],
      ['127.0.0.1:1', ['connection-refused']] // as the client has it
    ]
    const outcomes = cases.map(async ([NO_PROXY]) => {
      const { stdout } = await run(['doctor', '--json'], { environment: { ...environment, NO_PROXY } })
      expect(stdout).not.toContain('marker-')
      return [NO_PROXY, JSON.parse(stdout).findings.map(({ name }: { name: string }) => name)]
    })
    expect(await Promise.all(outcomes)).toEqual(cases)
  })

  test('a user name and password of a proxy are never arguments', async () => {
    const { exitCode, stderr } = await run(['doctor', '--proxy', 'http://marker-user:marker-password@127.0.0.1:9'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('SERVICE_TOKEN_PROXY')
    expect(stderr).not.toContain('marker-')
  })

  test('name-unknown', async () => {
    expect(await found('https://no-such-host.invalid')).toEqual([expect.stringMatching(/^(name-unknown|dns-silent)$/)])
  })
})
