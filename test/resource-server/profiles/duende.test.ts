import { duende } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://identity.internal'
const machine = {
  iss: issuer,
  nbf: now,
  iat: now,
  exp: now + 3600,
  aud: audience,
  scope: ['read_user', 'list_user'],
  client_id: 'orders',
  jti: '9E5B3D2F7E10'
}
const person = { sub: '182jmm199', auth_time: now, idp: 'local', amr: ['pwd'], sid: 'F2' }

testProfile(duende(), { issuer }, { header: { alg: 'ES256', kid: 'one', typ: 'at+jwt' }, claims: machine }, [
  ['a client', {}, { clientId: 'orders', subject: 'orders', actsFor: 'itself', scope: ['read_user', 'list_user'] }],
  ['scopes as one text', { scope: 'read_user list_user' }, { scope: ['read_user', 'list_user'] }],
  ['a user', person, { subject: '182jmm199', actsFor: 'user' }],
  ['a user whose subject is the client’s id', { ...person, sub: 'orders' }, { actsFor: 'user' }],
  ['a client to which somebody gave a subject', { sub: 'orders' }, { subject: 'orders', actsFor: 'unknown' }],
  ['one role', { ...person, role: 'admin' }, { roles: ['admin'] }],
  ['several roles', { ...person, role: ['admin', 'auditor'] }, { roles: ['admin', 'auditor'] }],
  ['a role of the client in a user’s token', { ...person, client_role: 'admin' }, { roles: [] }],
  [
    'IdentityServer4, with its static audience',
    { aud: [audience, `${issuer}/resources`] },
    { clientId: 'orders' },
    { typ: 'JWT' }
  ],
  ['no id, as IdentityServer4 had it', { jti: undefined }, { clientId: 'orders' }],
  ['an ID token', { ...person, at_hash: 'x', nonce: 'n' }, 'wrong_type', { typ: 'JWT' }],
  ['a logout token', {}, 'wrong_type', { typ: 'logout+jwt' }],
  ['no client', { client_id: undefined }, 'missing_claim'],
  ['no audience, as without API resources', { aud: undefined }, 'missing_claim'],
  ['the static audience alone', { aud: `${issuer}/resources` }, 'wrong_audience']
])
