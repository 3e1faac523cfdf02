import { okta } from '../../../src/resource-server/index.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://shop.okta.com/oauth2/default'
const machine = {
  ver: 1,
  jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
  iss: issuer,
  aud: 'api://default',
  iat: now,
  exp: now + 3600,
  cid: '0oabv6kx4qq6h1U5l0h7',
  scp: ['read_user'],
  sub: '0oabv6kx4qq6h1U5l0h7'
}
const person = { uid: '00uibv6kx4qq6h1U5l0h7', sub: 'alice@shop.example', auth_time: now }

testProfile(okta(), { issuer, audience: 'api://default' }, { header: { kid: 'one', alg: 'ES256' }, claims: machine }, [
  [
    'a machine',
    {},
    { clientId: '0oabv6kx4qq6h1U5l0h7', subject: '0oabv6kx4qq6h1U5l0h7', actsFor: 'itself', scope: ['read_user'] }
  ],
  ['a user', person, { subject: 'alice@shop.example', actsFor: 'user' }],
  ['a user whose login is the client’s id', { ...person, sub: machine.cid }, { actsFor: 'user' }],
  ['another subject, and no user', { sub: 'alice@shop.example' }, { actsFor: 'unknown' }],
  ['groups', { ...person, groups: ['Everyone', 'admins'] }, { roles: ['Everyone', 'admins'] }],
  ['a type', {}, { clientId: machine.cid }, { typ: 'JWT' }],
  ['two scopes', { scp: ['a', 'b'] }, { scope: ['a', 'b'] }],
  ['an ID token', { jti: 'ID.radCQMOQUmyvcTBmmIL0J6', aud: 'api://default', cid: undefined }, 'wrong_type'],
  ['an ID token whose id somebody forgot', { at_hash: 'fPlsvVszI29LU2UhDyJ9vg' }, 'wrong_type'],
  ['a token of the org server', {}, 'wrong_type', { typ: 'application/okta-internal-at+jwt' }],
  ['no kind', { jti: '0mP4JKAZX1iACIT4vbEDF7' }, 'wrong_type'],
  ['no client', { cid: undefined }, 'missing_claim'],
  ['another authorization server', { iss: 'https://shop.okta.com' }, 'wrong_issuer'],
  ['no subject', { sub: undefined }, 'missing_claim']
])
