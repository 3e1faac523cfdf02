import { XsuaaService } from '@sap/xssec'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { allowInsecureHttp, createTokenClient } from '../../src/index.ts'
import * as receiving from '../../src/resource-server/index.ts'
import { accessTokenVerifier, isClientToken, jwks, type TokenProfile } from '../../src/resource-server/index.ts'
import { listen } from '../support/road.ts'

const { cognito, entra, rfc9068 } = receiving
const audience = 'users!t42'

const profiles: readonly TokenProfile[] = [
  ...[receiving.auth0(), cognito(), receiving.duende(), entra({ tenant: 'tenant-1' }), receiving.githubActions()],
  ...[receiving.googleServiceAccount(), receiving.hydra(), receiving.keycloak(), receiving.kubernetes()],
  ...[receiving.okta(), receiving.ping(), rfc9068(), receiving.spiffe({ trustDomain: 'example.org' })],
  ...[receiving.springAuthorizationServer(), receiving.springOAuth2(), receiving.xsuaa({ appName: audience })],
  receiving.zitadel()
]

/** A token of the profile, with what is published to verify it. */
async function tokenOf(profile: TokenProfile, issuer?: string) {
  const server = await startAuthorizationServer({
    profile,
    signingAlgorithm: 'RS256',
    ...(issuer !== undefined && { issuer }),
    registry: {
      services: { users: { audience, scopes: { read_user: 'Read users' }, roles: { support: 'Helps' } } },
      clients: [
        {
          clientId: 'orders',
          clientSecret: 'marker-secret',
          claims: { department: 'sales' },
          may: { users: { scope: ['read_user'], roles: ['support'] } }
        }
      ]
    }
  })
  const { tokenEndpoint } = server
  const tokens = createTokenClient({
    tokenEndpoint,
    clientId: 'orders',
    clientSecret: 'marker-secret',
    [allowInsecureHttp]: true
  })
  onTestFinished(async () => {
    await tokens.close()
    await server.close()
  })
  const { value } = await tokens.getToken()
  const published = (await (await fetch(new URL('/jwks', tokenEndpoint))).json()) as { keys: [] }
  return { server, value, published, claims: decodeJwt(value), header: decodeProtectedHeader(value) }
}

test('every profile of the resource server is tested here', () => {
  const factories = Object.entries(receiving).filter(([, value]) => {
    if (typeof value !== 'function') return false
    try {
      return 'clientId' in (value as (given: object) => object)({ tenant: 't', appName: 'a' })
    } catch {
      return false
    }
  })
  expect(profiles.map(({ name }) => name).toSorted()).toEqual(factories.map(([name]) => name).toSorted())
})

describe.each(profiles)('a token of the profile $name', (profile) => {
  test('is accepted by a verifier of that profile as the token of a client for this service, with its own claims', async () => {
    const { server, value, published, claims } = await tokenOf(profile)
    const { issuers: _, ...look } = profile
    const verifier = accessTokenVerifier({
      issuer: server.issuer,
      audience,
      profile: look,
      keys: jwks(published),
      [allowInsecureHttp]: true
    })
    onTestFinished(() => verifier.close())
    const verified = await verifier.verify(`Bearer ${value}`)
    expect(verified.clientId).toContain('orders')
    if (profile.client.length > 0) expect(isClientToken(verified)).toBe(true)
    if (profile.roles.length > 0) expect(verified.roles).toContain('support')
    if (profile.scope.length > 0) expect([...verified.scope, ...verified.roles]).toContain('read_user')
    expect(claims.department).toBe('sales')
  })
})

test("a token of Cognito's profile is accepted by AWS's own verifier", async () => {
  const userPoolId = 'eu-central-1_example1'
  const issuer = `https://cognito-idp.eu-central-1.amazonaws.com/${userPoolId}`
  const { value, published } = await tokenOf(cognito(), issuer)
  const verifier = CognitoJwtVerifier.create({ userPoolId, tokenUse: 'access', clientId: 'orders', scope: 'read_user' })
  verifier.cacheJwks(published)
  expect(await verifier.verify(value)).toMatchObject({ token_use: 'access', client_id: 'orders', sub: 'orders' })
  const other = CognitoJwtVerifier.create({ userPoolId, tokenUse: 'access', clientId: 'billing' })
  other.cacheJwks(published)
  await expect(other.verify(value)).rejects.toThrow()
})

test("a token of XSUAA's profile is accepted by SAP's own verifier, with its client and its scope", async () => {
  const { value, published } = await tokenOf(receiving.xsuaa({ appName: audience }))
  class WithTheseKeys extends XsuaaService {
    override async fetchJwks() {
      return published
    }
  }
  const serviceOf = (xsappname: string) =>
    new WithTheseKeys({ xsappname, clientid: `sb-${xsappname}`, uaadomain: 'uaa.test' })
  const context = await serviceOf(audience).createSecurityContext(value, {})
  expect(context.token).toMatchObject({ clientId: 'orders', scopes: [`${audience}.read_user`] })
  expect(['read_user', 'read'].map((scope) => context.checkLocalScope(scope))).toEqual([true, false])
  await expect(serviceOf('billing!t42').createSecurityContext(value, {})).rejects.toThrow(/different audience/)
})

test.each([
  ['auth0', receiving.auth0()],
  ['rfc9068', rfc9068()]
])("a token of the profile %s is accepted by Auth0's own verifier", async (name, profile) => {
  const { server, value } = await tokenOf(profile)
  const { issuer, jwksUri } = server
  const judge = async (audience: string) => {
    const app = express()
    app.use(auth({ issuer, jwksUri, audience, tokenSigningAlg: 'RS256', strict: name === 'rfc9068' }))
    app.get('/', (request, response) => void response.send(request.auth?.payload.sub))
    const answer = await fetch(await listen(app), { headers: { authorization: `Bearer ${value}` } })
    return [answer.status, await answer.text()]
  }
  expect(await judge(audience)).toEqual([200, expect.stringContaining('orders')])
  expect(await judge('billing')).toEqual([401, expect.anything()])
})

test('the tokens of Entra and of Spring look as these servers write them', async () => {
  const { claims, header } = await tokenOf(entra({ tenant: 'tenant-1' }))
  expect(header).toMatchObject({ typ: 'JWT', alg: 'RS256' })
  expect(claims).toMatchObject({ azp: 'orders', tid: 'tenant-1', idtyp: 'app', roles: ['read_user', 'support'] })
  expect(claims).not.toHaveProperty('scp')
  const spring = await tokenOf(receiving.springOAuth2())
  expect(Object.keys(spring.claims).toSorted()).toEqual(
    ['aud', 'authorities', 'client_id', 'department', 'exp', 'jti', 'scope'].toSorted()
  )
  expect(spring.claims).toMatchObject({ authorities: ['ROLE_support'], scope: ['read_user'] })
})

test('an invalid profile, and a profile for opaque tokens, are refused at the start', async () => {
  const clients = [{ clientId: 'orders', clientSecret: 's', scope: ['read_user'] }]
  await expect(startAuthorizationServer({ clients, profile: cognito as never })).rejects.toThrow(/Call it/)
  await expect(startAuthorizationServer({ clients, profile: cognito(), accessTokenFormat: 'opaque' })).rejects.toThrow(
    /profile cannot be combined with opaque tokens/
  )
})
