import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type ClientAuthentication, createTokenClient } from '../../src/index.ts'
import { type Identity, newIdentity, type Way, waysInConnection, waysInMessage } from '../support/every-method.ts'
import { startOidcProviderForMethods } from './oidc-provider-methods.ts'

const ways = [...waysInMessage, ...waysInConnection]

let identity: Identity
let stranger: Identity
let server: Awaited<ReturnType<typeof startOidcProviderForMethods>>

beforeAll(async () => {
  identity = await newIdentity('orders')
  stranger = await newIdentity('somebody else')
  server = await startOidcProviderForMethods(identity, ways)
})

afterAll(() => server.close())

function tokenFor({ name }: Way, clientAuthentication: ClientAuthentication) {
  const tokens = createTokenClient({
    issuer: server.issuer,
    clientId: name,
    scope: ['read_user'],
    clientAuthentication,
    // A method with a certificate also contains the authority.
    ...(clientAuthentication.mutualTls === undefined && { connect: { ca: identity.ca.cert } })
  })
  onTestFinished(tokens.close)
  return tokens.getToken()
}

test.each(ways)('C42 C48 C57 oidc-provider gives a token to a client that proves itself by $name', async (way) => {
  const { scope } = await tokenFor(way, way.authentication(identity))
  expect(scope).toEqual(['read_user'])
})

test.each(ways)('C9 T46 oidc-provider refuses the credential of somebody else by $name', async (way) => {
  const refusal = tokenFor(way, way.wrong(identity, stranger))
  await expect(refusal).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT', transient: false })
})
