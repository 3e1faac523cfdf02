import { zitadel } from '../../../src/resource-server/index.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://shop.zitadel.cloud'
const roles = 'urn:zitadel:iam:org:project:roles'
const machine = {
  aud: ['170086824411201793@users', '170086774599581953'],
  exp: now + 43_200,
  iat: now,
  iss: issuer,
  jti: '170086979344826625',
  nbf: now,
  sub: '170086363054473473',
  [roles]: {
    reader: { '165461967194391809': 'shop.zitadel.cloud' },
    auditor: { '165461967194391809': 'shop.zitadel.cloud' }
  }
}

testProfile(
  zitadel({ project: '170086774599581953' }),
  { issuer, audience: '170086774599581953' },
  { header: { alg: 'ES256', kid: 'one' }, claims: machine },
  [
    [
      'a service user',
      {},
      {
        clientId: '170086363054473473',
        subject: '170086363054473473',
        actsFor: 'unknown',
        roles: ['reader', 'auditor']
      }
    ],
    [
      'a token that names its client',
      { client_id: '170086824411201793@users' },
      { clientId: '170086824411201793@users' }
    ],
    ['a token that names it as azp', { azp: '170086824411201793@users' }, { clientId: '170086824411201793@users' }],
    [
      'the roles of one project',
      { [roles]: undefined, 'urn:zitadel:iam:org:project:170086774599581953:roles': { admin: {} } },
      { roles: ['admin'] }
    ],
    [
      'the roles of another project',
      { [roles]: undefined, 'urn:zitadel:iam:org:project:1:roles': { admin: {} } },
      { roles: [] }
    ],
    ['roles that are a list', { [roles]: ['admin'] }, { roles: [] }],
    ['roles that are text', { [roles]: 'admin' }, { roles: [] }],
    ['no roles', { [roles]: undefined }, { roles: [] }],
    ['a type', {}, { subject: '170086363054473473' }, { typ: 'JWT' }],
    ['an ID token', { jti: undefined, azp: 'x', amr: ['pwd'], at_hash: 'x' }, 'wrong_type'],
    ['an ID token without a hash', { jti: undefined, azp: 'x', amr: ['pwd'] }, 'missing_claim'],
    ['another project', { aud: ['1@users', '1'] }, 'wrong_audience'],
    ['no subject', { sub: undefined }, 'missing_claim'],
    ['another instance', { iss: 'https://other.zitadel.cloud' }, 'wrong_issuer']
  ]
)
