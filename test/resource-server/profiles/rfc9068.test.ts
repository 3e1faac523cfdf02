import { rfc9068 } from '../../../src/resource-server/index.ts'
import { audience, issuer } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const machine = {
  iss: issuer,
  sub: 'orders',
  client_id: 'orders',
  aud: audience,
  iat: now,
  exp: now + 3600,
  jti: 'a1',
  scope: 'read_user list_user'
}

testProfile(rfc9068(), { issuer }, { header: { alg: 'ES256', typ: 'at+jwt', kid: 'one' }, claims: machine }, [
  ['a client', {}, { clientId: 'orders', subject: 'orders', actsFor: 'itself', scope: ['read_user', 'list_user'] }],
  ['a user', { sub: '5ba552d67' }, { clientId: 'orders', subject: '5ba552d67', actsFor: 'user' }],
  ['roles', { roles: ['admin'] }, { roles: ['admin'] }],
  ['a long type', {}, { clientId: 'orders' }, { typ: 'application/at+jwt' }],
  [
    'several audiences',
    { aud: ['https://billing.internal', audience] },
    { audience: ['https://billing.internal', audience] }
  ],
  ['a plain JWT', {}, 'wrong_type', { typ: 'JWT' }],
  ['no type', {}, 'wrong_type', { typ: undefined }],
  ['no id', { jti: undefined }, 'missing_claim'],
  ['no subject', { sub: undefined }, 'missing_claim'],
  ['no time of issue', { iat: undefined }, 'missing_claim'],
  ['no issuer', { iss: undefined }, 'missing_claim'],
  ['the client under another name', { client_id: undefined, azp: 'orders' }, 'missing_claim'],
  ['no audience', { aud: undefined }, 'missing_claim'],
  ['an empty audience', { aud: [] }, 'wrong_audience']
])
