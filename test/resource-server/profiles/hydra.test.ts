import { hydra } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://hydra.internal'
const client = 'd4e6a1b0-5f3b-4c1e-8f0a-7b6c5d4e3f2a'
const machine = {
  aud: [audience],
  client_id: client,
  exp: now + 3599,
  ext: {},
  iat: now,
  iss: issuer,
  jti: '8c9c1f0e-7a6b-4d5c-9e8f-0a1b2c3d4e5f',
  nbf: now,
  scp: ['read_user'],
  sub: client
}

testProfile(hydra(), { issuer }, { header: { alg: 'ES256', kid: 'one', typ: 'JWT' }, claims: machine }, [
  ['a client', {}, { clientId: client, subject: client, actsFor: 'itself', scope: ['read_user'] }],
  ['a user', { sub: 'b1c2' }, { subject: 'b1c2', actsFor: 'user' }],
  ['scopes as one text', { scp: undefined, scope: 'read_user list_user' }, { scope: ['read_user', 'list_user'] }],
  ['scopes in both forms', { scope: 'read_user' }, { scope: ['read_user'] }],
  ['roles of a consent', { ext: { roles: ['admin'] } }, { roles: ['admin'] }],
  ['roles that a client mirrors at the top', { roles: ['admin'] }, { roles: [] }],
  ['no ext, without mirroring', { ext: undefined }, { roles: [] }],
  ['the type of RFC 9068', {}, { clientId: client }, { typ: 'at+jwt' }],
  ['an ID token', { at_hash: 'x', nonce: 'n', scp: undefined }, 'wrong_type'],
  ['no audience, as it comes without one in the client', { aud: [] }, 'wrong_audience'],
  ['no id', { jti: undefined }, 'missing_claim'],
  ['no client', { client_id: undefined }, 'missing_claim'],
  ['another issuer by its slash', { iss: `${issuer}/` }, 'wrong_issuer'],
  ['a scope that is an object', { scp: { read_user: true } }, { scope: [] }]
])
