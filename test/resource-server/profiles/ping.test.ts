import { ping } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://auth.pingone.eu/c2c2b4b8-c3da-4b23-abef-457ceaf25591/as'
const client = '2f12c9b0-8d4b-4a4c-9c8e-0d3a3d1b9a77'
const machine = {
  client_id: client,
  iss: issuer,
  jti: '0f4b6c1a-6a52-4b0c-8e64-4a0b4a0b7e11',
  iat: now,
  exp: now + 3600,
  aud: [audience],
  scope: 'read_user'
}
const person = { sub: '5b0a5b1e-9f0a-4f6a-8b0f-2a3b4c5d6e7f', sid: 'e6c4a8f0', acr: 'Single_Factor', auth_time: now }

testProfile(ping(), { issuer }, { header: { alg: 'ES256', kid: 'one' }, claims: machine }, [
  ['a PingOne worker', {}, { clientId: client, subject: client, actsFor: 'itself', scope: ['read_user'] }],
  ['a PingOne user', person, { subject: person.sub, actsFor: 'user' }],
  ['the type of RFC 9068', {}, { clientId: client }, { typ: 'at+jwt' }],
  ['permissions', { ...person, 'p1.permissions': ['users:read'] }, { roles: ['users:read'] }],
  [
    'PingFederate, with scopes as a list and the least it writes',
    { jti: undefined, iat: undefined, scope: ['a', 'b'] },
    { scope: ['a', 'b'], actsFor: 'itself' }
  ],
  ['PingFederate, with a client as its subject', { sub: client }, { actsFor: 'unknown' }],
  ['PingFederate, with a user', { sub: 'alice' }, { subject: 'alice', actsFor: 'user' }],
  ['a session without a subject', { sid: 'e6c4a8f0' }, { subject: undefined, actsFor: 'user' }],
  ['PingFederate without an issuer', { iss: undefined }, { issuer }],
  ['one audience', { aud: audience }, { audience: [audience] }],
  ['an ID token', { ...person, at_hash: 'x', nonce: 'n' }, 'wrong_type'],
  ['an ID token without those', { ...person, client_id: undefined, aud: audience }, 'missing_claim'],
  ['no audience', { aud: undefined }, 'missing_claim'],
  ['a token for the PingOne API', { aud: ['https://api.pingone.eu'], org: 'x', env: 'y' }, 'wrong_audience'],
  ['a client that is a number', { client_id: 7 }, 'missing_claim']
])
