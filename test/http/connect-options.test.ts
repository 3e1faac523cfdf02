import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { type ConnectOptions, checkedConnect } from '../../src/http/connect-options.ts'
import { sender } from '../../src/http/send.ts'
import { manualClock } from '../../src/testing/index.ts'
import { authority, type Certificate, certificate } from '../support/certificates.ts'

/** Of CN=orders, valid until 2051, opened by `open-sesame`. */
const pfx = Buffer.from(
  `MIIEDAIBAzCCA8IGCSqGSIb3DQEHAaCCA7MEggOvMIIDqzCCAmIGCSqGSIb3DQEHBqCCAlMwggJPAgEAMIICSAYJKoZIhvcNAQcBMFcGCSqGSI
   b3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj5rao9WZmnNwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEUA6na4tN55o5R4YbLU47aA
   ggHg+h4NN/kSWbwREi5WB3I9A94jqCB8kF7EGqtHY2+JKCeEMAoK/IBOvTzU6+QTdKxxV52CNfM3yuFWz4fVWmAiK16VHvcuqTiA7PVuKG4Iwx
   S4ZFpvB7E9TgtaGOIhK6XkgU0QHCCAR3OTh+mxWMRop+HSWV0+03gdFZPUgHihG55gyTIGfOlOX5XiUp6EdliKBhAtxkfhagwMYheFx3zv0cfl
   9X+OqMbMfrhXRaqukG0pD25+8YW4LHQUJE2NQxBlSS0uAs6tHcZNfglhk6w1j9lmcnRqCqnKHkdK7JdC4lXjyS58bagugKRBjaLmXK5cAPeAI8
   +wEoV2PlbhbUGYGKJFfrjTAZIqTUO2v3clVcT+7+ta1SwPyhEi6jsoICBd/U6cQfRDNLj6ZpvuAqnbzbCvFpdISZxc+KHqSmsret1RjLjrG4Wg
   GcEWMdOTjhntsIY8MI8ofFnndOxdThm6sA50SIV10TQHgNraRS2gej8AjdMkAy1mNmEVBBWhwEuPa7uX1SoYCELKg9w2843wU/bjX5vPXkKyl8
   BNPSFHJe6fp4tLDQmTHSPinmDF3S94jc9BFKqSYFT4oN8JvKpZiOO0QNYy+3bjd8QhqnXTvJXDNoADy/d4D7WX3U/1cKlAMIIBQQYJKoZIhvcN
   AQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECPNrQ9E0F74VAgIIAD
   AMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQLtC9jnFuI79msjDP8mpRoQSBkPLNvLR7QqnQDN0BCTvWusGcJa979COfxYUboe9msWK2V9mx
   iYJR2UTRXdZhK7wby//IvJ4DwelobwbvD7zs7m7bbit/ZSXfeCjuYVLlwEa1svUQe3D+3Ltg3Mi0dm3oGbIH4fwH0hIkJzOZ0xNHD+24C8u04K
   Zsb4PDo0yfL+Uq54pYVV3IXXHMi/Pm3Eh9JjElMCMGCSqGSIb3DQEJFTEWBBTXoWRYUzyZqeH/OJl/8o3qSfN6/zBBMDEwDQYJYIZIAWUDBAIB
   BQAEIODJlIrIHmxI8QXiKTxSWggFS1MkTvg4misLRWugkDP3BAiEyWNOa8eA8QICCAA=`,
  'base64'
)

let ca: Certificate
let server: Certificate
let own: Certificate
let foreign: Certificate

beforeAll(async () => {
  ca = await authority()
  ;[server, own, foreign] = await Promise.all([
    certificate('127.0.0.1', ca),
    certificate('billing', ca),
    certificate('somebody')
  ])
})

/** What a server with a private authority sees of a client: the name in its certificate, and the connection's protocol and cipher. */
async function seen(connect: ConnectOptions): Promise<{ name?: string; protocol: string; cipher: string }> {
  const tls = { ...server, requestCert: true, rejectUnauthorized: false }
  const listening = createServer(tls, (request, response) => {
    const socket = request.socket as TLSSocket
    const name = socket.getPeerX509Certificate()?.subject
    response.end(JSON.stringify({ name, protocol: socket.getProtocol(), cipher: socket.getCipher().name }))
  })
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done))
  const wire = sender({ clock: manualClock(), connect: checkedConnect('connect', connect) })
  onTestFinished(async () => {
    await wire.close()
    listening.closeAllConnections()
    listening.close()
  })
  const url = `https://127.0.0.1:${(listening.address() as AddressInfo).port}/`
  const { body } = await wire.send({ method: 'GET', url, timeout: 5000 })
  return JSON.parse(Buffer.from(body).toString())
}

test.each<[string, () => ConnectOptions, object]>([
  ['a list of ca', () => ({ ca: [Buffer.from(foreign.cert), ca.cert] }), {}],
  ['cert and key', () => ({ ca: ca.cert, ...own }), { name: 'CN=billing' }],
  ['pfx and passphrase', () => ({ ca: ca.cert, pfx, passphrase: 'open-sesame' }), { name: 'CN=orders' }],
  ['secureContext', () => ({ secureContext: createSecureContext({ ...own, ca: ca.cert }) }), { name: 'CN=billing' }],
  ['minVersion', () => ({ ca: ca.cert, minVersion: 'TLSv1.3' }), { protocol: 'TLSv1.3' }],
  ['ciphers', () => ({ ca: ca.cert, ciphers: 'TLS_AES_128_GCM_SHA256' }), { cipher: 'TLS_AES_128_GCM_SHA256' }]
])('connect: %s reaches our own connections', async (_, connect, expected) => {
  expect(await seen(connect())).toMatchObject(expected)
})

test('C22 an authority given in place of the right one is not trusted', async () => {
  await expect(seen({ ca: foreign.cert })).rejects.toMatchObject({ code: 'ERR_TLS_ERROR' })
})

test.each<[string, () => unknown, string, RegExp]>([
  ['no object', () => 'marker', 'ERR_INVALID_OPTION', /^connect must be an object, but is a string/],
  [
    'an option that would skip checks',
    () => ({ rejectUnauthorized: false }),
    'ERR_UNKNOWN_OPTION',
    /^connect\.rejectUnauthorized is not an option/
  ],
  ['ca without a certificate', () => ({ ca: 'marker' }), 'ERR_INVALID_OPTION', /^connect\.ca holds no certificate/],
  ['an empty list of ca', () => ({ ca: [] }), 'ERR_INVALID_OPTION', /^connect\.ca is empty/],
  [
    'one bad ca among good ones',
    () => ({ ca: [ca.cert, 'marker'] }),
    'ERR_INVALID_OPTION',
    /^connect\.ca holds no certificate/
  ],
  [
    'ca of another kind',
    () => ({ ca: 7 }),
    'ERR_INVALID_OPTION',
    /^connect\.ca must be a string or a Buffer, but is a number/
  ],
  ['cert without key', () => ({ cert: own.cert }), 'ERR_INVALID_OPTION', /^connect\.key is missing/],
  ['key without cert', () => ({ key: own.key }), 'ERR_INVALID_OPTION', /^connect\.cert is missing/],
  [
    'cert that is none',
    () => ({ cert: 'marker', key: own.key }),
    'ERR_INVALID_OPTION',
    /^connect\.cert and key cannot be used \(ERR_/
  ],
  [
    'a key of another certificate',
    () => ({ cert: own.cert, key: foreign.key }),
    'ERR_INVALID_OPTION',
    /^connect\.cert and key cannot be used \(ERR_/
  ],
  [
    'a wrong passphrase',
    () => ({ pfx, passphrase: 'marker' }),
    'ERR_INVALID_OPTION',
    /^connect\.pfx cannot be used \(/
  ],
  ['pfx that is none', () => ({ pfx: Buffer.from('marker') }), 'ERR_INVALID_OPTION', /^connect\.pfx cannot be used \(/],
  [
    'a passphrase of another kind',
    () => ({ pfx, passphrase: 7 }),
    'ERR_INVALID_OPTION',
    /^connect\.passphrase must be a string, but is a number/
  ],
  [
    'a version that is none',
    () => ({ minVersion: 'marker' }),
    'ERR_INVALID_OPTION',
    /^connect\.minVersion cannot be used \(ERR_TLS_INVALID_PROTOCOL_VERSION\)\. Give 'TLSv1\.2'/
  ],
  [
    'ciphers that are none',
    () => ({ ciphers: 'marker' }),
    'ERR_INVALID_OPTION',
    /^connect\.ciphers cannot be used \(ERR_/
  ],
  [
    'a secureContext that is none',
    () => ({ secureContext: {} }),
    'ERR_INVALID_OPTION',
    /^connect\.secureContext is not a SecureContext/
  ],
  [
    'a secureContext with something beside it',
    () => ({ secureContext: createSecureContext(), ca: ca.cert }),
    'ERR_CONFLICTING_OPTIONS',
    /^connect\.ca cannot be combined with secureContext/
  ]
])('connect: %s is refused by its name, and nothing of it is shown', (_, given, code, message) => {
  try {
    checkedConnect('connect', given())
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ name: 'ClientConfigurationError', code, message: expect.stringMatching(message) })
    expect(inspect(error, { showHidden: true, depth: null })).not.toMatch(/marker|PRIVATE KEY/)
  }
})

test('connect: what is changed afterwards does not reach the client, and what is left out is not there', () => {
  const given = { ca: ca.cert, cert: undefined }
  const checked = checkedConnect('connect', given)
  given.ca = foreign.cert
  expect(checked).toEqual({ ca: ca.cert })
  expect(checked && 'cert' in checked).toBe(false)
})
