import { keycloak } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://keycloak.internal/realms/shop'
const machine = {
  exp: now + 300,
  iat: now,
  jti: 'trrtcc:1f3c0a52-6d0e-4f0e-a3a4-6e4b8f8a1c11',
  iss: issuer,
  aud: [audience, 'account'],
  sub: '7d8c2f2e-52f6-4a7f-9f53-0c1ed6a2d9b7',
  typ: 'Bearer',
  azp: 'orders',
  acr: '1',
  realm_access: { roles: ['offline_access', 'service'] },
  resource_access: { users: { roles: ['reader'] }, billing: { roles: ['admin'] } },
  scope: 'email profile read_user',
  email_verified: false,
  clientHost: '10.0.0.7',
  clientAddress: '10.0.0.7',
  client_id: 'orders',
  preferred_username: 'service-account-orders'
}
const person = {
  client_id: undefined,
  clientHost: undefined,
  clientAddress: undefined,
  sid: 'f9a4',
  preferred_username: 'alice'
}

testProfile(
  keycloak({ client: 'users' }),
  { issuer },
  { header: { alg: 'ES256', typ: 'JWT', kid: 'one' }, claims: machine },
  [
    [
      'a service account',
      {},
      {
        clientId: 'orders',
        subject: '7d8c2f2e-52f6-4a7f-9f53-0c1ed6a2d9b7',
        actsFor: 'itself',
        scope: ['email', 'profile', 'read_user'],
        roles: ['offline_access', 'service', 'reader']
      }
    ],
    ['a service account before Keycloak 23', { client_id: undefined, clientId: 'orders' }, { actsFor: 'itself' }],
    ['a service account with its address alone', { client_id: undefined }, { actsFor: 'itself' }],
    ['a user', person, { clientId: 'orders', actsFor: 'user' }],
    [
      'a user who registered under the name of a service account',
      { ...person, preferred_username: 'service-account-orders' },
      { actsFor: 'unknown' }
    ],
    ['the note of another client', { client_id: 'billing', clientAddress: undefined }, { actsFor: 'unknown' }],
    [
      'a lightweight token',
      { ...person, preferred_username: undefined, sub: undefined, realm_access: undefined },
      { subject: undefined, actsFor: 'unknown' }
    ],
    ['the type of RFC 9068', {}, { clientId: 'orders' }, { typ: 'at+jwt' }],
    [
      'no roles at this client',
      { resource_access: { billing: { roles: ['admin'] } } },
      { roles: ['offline_access', 'service'] }
    ],
    ['a user with a nonce, as before Keycloak 24', { ...person, nonce: 'n-0S6' }, { actsFor: 'user' }],
    ['an ID token', { typ: 'ID', aud: audience }, 'wrong_type'],
    ['a refresh token', { typ: 'Refresh', aud: issuer }, 'wrong_type'],
    ['an offline token', { typ: 'Offline' }, 'wrong_type'],
    ['a logout token', { typ: 'Logout' }, 'wrong_type'],
    ['no word about what it is', { typ: undefined }, 'wrong_type'],
    ['no client', { azp: undefined }, 'missing_claim'],
    ['the audience account alone', { aud: 'account' }, 'wrong_audience'],
    ['another realm', { iss: 'https://keycloak.internal/realms/other' }, 'wrong_issuer']
  ]
)
