import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ClientCertificate } from '../../src/http/client-certificate.ts'
import { networkError } from '../../src/http/network-error.ts'
import { sender } from '../../src/http/send.ts'
import { manualClock } from '../../src/testing/index.ts'
import { Secret } from '../../src/token/secret.ts'
import { authority, type Certificate, certificate } from '../support/certificates.ts'
import { undici } from '../support/undici.ts'

let ca: Certificate
let own: Certificate
let one: Certificate
let other: Certificate
let stranger: Certificate

beforeAll(async () => {
  ca = await authority()
  ;[own, one, other, stranger] = await Promise.all([
    certificate('127.0.0.1', ca),
    certificate('orders', ca),
    certificate('orders', ca),
    certificate('orders')
  ])
})

/** A server that takes only clients of its authority, and answers with the serial number of their certificate. */
async function serve(): Promise<string> {
  const tls = { ...own, ca: ca.cert, requestCert: true }
  const server = createServer(tls, ({ socket }, response) => {
    response.end(JSON.stringify((socket as TLSSocket).getPeerX509Certificate()?.serialNumber))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function presented({ cert, key }: Certificate): ClientCertificate {
  return { cert, key: new Secret(key), thumbprint: cert }
}

function wire() {
  const wire = sender({ clock: manualClock(), connect: { ca: ca.cert } })
  onTestFinished(wire.close)
  return async (url: string, shown?: Certificate) => {
    const answer = await wire.send({
      method: 'POST',
      url,
      body: '',
      timeout: 10_000,
      certificate: shown && presented(shown)
    })
    return Buffer.from(answer.body).toString()
  }
}

test('C58 C60 another certificate is presented on a connection of its own', async () => {
  const url = await serve()
  const send = wire()
  const [first, again, second] = [await send(url, one), await send(url, one), await send(url, other)]
  expect([again === first, second === first]).toEqual([true, false])
})

test.each<[string, () => Certificate | undefined, string]>([
  ['no certificate the alert is told', () => undefined, 'ERR_TLS_CLIENT_CERTIFICATE'],
  ['a certificate of an authority that the server does not know it breaks off', () => stranger, 'ERR_CONNECTION_RESET']
])('T67 with %s', async (_, shown, code) => {
  await expect(wire()(await serve(), shown())).rejects.toMatchObject({ code })
})

// Node's server closes the connection without an alert. These are the alerts of other servers, with Node's names.
test.each([
  'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'
])('T67 the alert %s is a permanent failure that names the certificate', (code) => {
  const alert = Object.assign(new Error('alert'), { code })
  const failure = networkError(alert, { host: 'auth.internal', answerStarted: false })
  expect(failure).toMatchObject({ code: 'ERR_TLS_CLIENT_CERTIFICATE', transient: false })
  expect(failure.message).toContain('auth.internal refused the client certificate')
})

test('C22 a server of an authority that is not given is not trusted', async () => {
  const url = await serve()
  const wire = sender({ clock: manualClock() })
  onTestFinished(wire.close)
  const exchange = { method: 'GET', url, timeout: 10_000, certificate: presented(one) } as const
  await expect(wire.send(exchange)).rejects.toMatchObject({ code: 'ERR_TLS_ERROR' })
})

test('C58 the same certificate serves the calls of an Agent that a user makes', async () => {
  const url = await serve()
  const agent = new undici.Agent({ connect: { ...one, ca: ca.cert } })
  onTestFinished(() => agent.close())
  const { body } = await undici.request(url, { dispatcher: agent })
  expect(await body.text()).toBe(await wire()(url, one))
})
