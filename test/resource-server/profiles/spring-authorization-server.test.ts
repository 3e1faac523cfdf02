import { springAuthorizationServer } from '../../../src/resource-server/index.ts'
import { audience, issuer } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

/** As the server writes it when nothing is customized: the audience is the client that asked. */
const machine = {
  sub: 'orders',
  aud: 'orders',
  nbf: now,
  scope: ['read_user'],
  iss: issuer,
  exp: now + 300,
  iat: now,
  jti: '5c1f9c9e-4a7a-4a2a-8a3e-1d1b5f3b0c55'
}

testProfile(
  springAuthorizationServer(),
  { issuer, audience: ['orders', audience] },
  { header: { kid: 'one', alg: 'ES256' }, claims: machine },
  [
    ['a token as it comes', {}, { clientId: 'orders', subject: 'orders', scope: ['read_user'], actsFor: 'unknown' }],
    [
      'a user who is called like the client',
      { scope: ['openid', 'read_user'] },
      { subject: 'orders', actsFor: 'unknown' }
    ],
    ['a user', { sub: 'alice' }, { clientId: 'orders', subject: 'alice', actsFor: 'unknown' }],
    ['a client, with its grant', { grant_type: 'client_credentials' }, { actsFor: 'itself' }],
    ['a user, with the grant', { sub: 'alice', grant_type: 'authorization_code' }, { actsFor: 'user' }],
    [
      'services as the audience, and the client beside them',
      { aud: [audience], client_id: 'orders' },
      { clientId: 'orders', audience: [audience] }
    ],
    ['several audiences and no client', { aud: [audience, 'x'] }, 'missing_claim'],
    ['roles of a customizer', { roles: ['ROLE_ADMIN', 'auditor'] }, { roles: ['ADMIN', 'auditor'] }],
    ['authorities of a customizer', { authorities: ['ROLE_ADMIN'] }, { roles: ['ADMIN'] }],
    ['the type of RFC 9068', {}, { clientId: 'orders' }, { typ: 'at+jwt' }],
    ['an ID token', { nbf: undefined, scope: undefined, azp: 'orders', auth_time: now, sid: 'x' }, 'missing_claim'],
    ['an ID token with a nonce', { nonce: 'n-0S6_WzA2Mj', azp: 'orders' }, 'wrong_type'],
    ['another client, which may not call', { sub: 'billing', aud: 'billing' }, 'wrong_audience'],
    ['no id', { jti: undefined }, 'missing_claim'],
    ['no issuer', { iss: undefined }, 'missing_claim']
  ]
)
