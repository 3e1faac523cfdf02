import { auth0 } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://shop.eu.auth0.com/'
const client = 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx'
const machine = {
  iss: issuer,
  sub: `${client}@clients`,
  aud: audience,
  iat: now,
  exp: now + 86_400,
  scope: 'read_user',
  gty: 'client-credentials',
  azp: client
}
const standard = { azp: undefined, gty: undefined, client_id: client, jti: '73WakrfVbNJBaAmhQtEeDv' }

testProfile(auth0(), { issuer }, { header: { alg: 'ES256', typ: 'JWT', kid: 'one' }, claims: machine }, [
  ['a machine', {}, { clientId: client, subject: `${client}@clients`, actsFor: 'itself', scope: ['read_user'] }],
  ['a machine, in the profile of RFC 9068', standard, { clientId: client, actsFor: 'itself' }, { typ: 'at+jwt' }],
  [
    'a user',
    { sub: 'auth0|6553da60', gty: undefined },
    { clientId: client, subject: 'auth0|6553da60', actsFor: 'user' }
  ],
  [
    'a user, in the profile of RFC 9068',
    { ...standard, sub: 'google-oauth2|1' },
    { actsFor: 'user' },
    { typ: 'at+jwt' }
  ],
  ['a user with a password', { sub: 'auth0|6553da60', gty: 'password' }, { actsFor: 'user' }],
  [
    'a subject that ends like a machine, of another client',
    { sub: 'other@clients', gty: undefined },
    { actsFor: 'user' }
  ],
  ['marks that contradict', { sub: 'auth0|6553da60' }, { actsFor: 'unknown' }],
  ['permissions', { permissions: ['read:users'] }, { roles: ['read:users'] }],
  ['userinfo as a second audience', { aud: [audience, `${issuer}userinfo`] }, { clientId: client }],
  ['an ID token', { aud: audience, nonce: 'n-0S6', sub: 'auth0|1' }, 'wrong_type'],
  ['an ID token of the hybrid flow', { c_hash: 'LDktKdoQak3Pk0cnXxCltA' }, 'wrong_type'],
  ['no client', { azp: undefined }, 'missing_claim'],
  ['an issuer without its slash', { iss: issuer.slice(0, -1) }, 'wrong_issuer'],
  ['userinfo as the only audience', { aud: `${issuer}userinfo` }, 'wrong_audience']
])
