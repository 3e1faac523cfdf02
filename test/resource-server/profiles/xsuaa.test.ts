import { xsuaa } from '../../../src/resource-server/index.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://shop.authentication.eu10.hana.ondemand.com/oauth/token'
const machine = {
  jti: '53025a093c3549b68cb6a5f919f17850',
  ext_attr: { enhancer: 'XSUAA', subaccountid: '3ca0e1b2-4c10-488e-9d6f-28776f0f6a6f', zdn: 'shop' },
  sub: 'sb-orders!t42',
  authorities: ['uaa.resource', 'users!t42.read'],
  scope: ['uaa.resource', 'users!t42.read', 'billing!t7.admin'],
  client_id: 'sb-orders!t42',
  cid: 'sb-orders!t42',
  azp: 'sb-orders!t42',
  grant_type: 'client_credentials',
  rev_sig: '9a2b3c4d',
  iat: now,
  exp: now + 43_200,
  iss: issuer,
  zid: '3ca0e1b2-4c10-488e-9d6f-28776f0f6a6f',
  aud: ['sb-orders!t42', 'uaa', 'users!t42']
}
const person = {
  sub: 'b2f1a9c0-1111-4222-8333-944444444444',
  user_id: 'b2f1a9c0-1111-4222-8333-944444444444',
  user_name: 'alice@shop.example',
  origin: 'sap.default',
  grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer'
}

testProfile(
  xsuaa({ appName: 'users!t42' }),
  { audience: undefined as never, issuer },
  { header: { alg: 'ES256', jku: 'https://evil.internal/token_keys', kid: 'one', typ: 'JWT' }, claims: machine },
  [
    ['a client', {}, { clientId: 'sb-orders!t42', subject: 'sb-orders!t42', actsFor: 'itself', scope: ['read'] }],
    ['a client with a certificate', { grant_type: 'client_x509' }, { actsFor: 'itself' }],
    ['a user', person, { subject: person.sub, actsFor: 'user' }],
    ['a user with a grant of a client', { ...person, grant_type: 'client_credentials' }, { actsFor: 'unknown' }],
    ['an audience with a part of the application', { aud: ['users!t42.read'] }, { audience: ['users!t42'] }],
    ['no audience, and a scope that names us', { aud: [] }, { audience: ['uaa', 'users!t42', 'billing!t7'] }],
    ['no audience claim, and a scope that names us', { aud: undefined }, { scope: ['read'] }],
    ['no audience, and scopes of others', { aud: [], scope: ['billing!t7.admin'] }, 'wrong_audience'],
    ['an application whose name begins like ours', { aud: ['users!t420'] }, 'wrong_audience'],
    ['an application whose name ours begins like', { aud: ['users'] }, 'wrong_audience'],
    ['a scope of an application that begins like ours', { scope: ['users!t420.read'] }, { scope: [] }],
    ['a scope that only looks local', { scope: ['read', 'users!t42.list'] }, { scope: ['list'] }],
    ['a refresh token', { jti: '53025a093c3549b68cb6a5f919f17850-r' }, 'wrong_type'],
    ['no client', { client_id: undefined, cid: undefined, azp: undefined }, 'missing_claim'],
    ['another subaccount', { iss: issuer.replace('shop', 'other') }, 'wrong_issuer']
  ]
)
