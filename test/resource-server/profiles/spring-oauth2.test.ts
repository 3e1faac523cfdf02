import { acceptMissingAudience, springOAuth2 } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

/** As the classic converter writes it: neither `iss`, `sub`, `iat` nor `aud`. */
const machine = {
  scope: ['read_user', 'list_user'],
  exp: now + 43_200,
  authorities: ['ROLE_SERVICE', 'billing'],
  jti: '6f1c2a4e-0b1d-4b58-9d54-0a5d3d2f7e10',
  client_id: 'orders'
}

testProfile(
  springOAuth2(),
  { [acceptMissingAudience]: true },
  { header: { alg: 'ES256', typ: 'JWT' }, claims: machine },
  [
    [
      'a client',
      {},
      {
        issuer: undefined,
        clientId: 'orders',
        subject: 'orders',
        actsFor: 'itself',
        audience: [],
        scope: ['read_user', 'list_user'],
        roles: ['SERVICE', 'billing']
      }
    ],
    ['a user', { user_name: 'alice' }, { clientId: 'orders', subject: 'alice', actsFor: 'user' }],
    ['a user who is called like the client', { user_name: 'orders' }, { subject: 'orders', actsFor: 'user' }],
    ['a user named by `sub`, as a custom converter does', { sub: 'orders' }, { subject: 'orders', actsFor: 'unknown' }],
    ['a client with its grant', { grant_type: 'client_credentials', sub: 'orders' }, { actsFor: 'itself' }],
    ['two marks that contradict', { grant_type: 'client_credentials', user_name: 'alice' }, { actsFor: 'unknown' }],
    ['a resource id', { aud: [audience] }, { audience: [audience] }],
    ['the resource id of another service', { aud: ['billing'] }, 'wrong_audience'],
    ['an audience that names nobody', { aud: [] }, 'wrong_audience'],
    ['a scope that is one text', { scope: 'read_user list_user' }, { scope: ['read_user', 'list_user'] }],
    ['no authorities', { authorities: undefined }, { roles: [] }],
    ['no type', {}, { clientId: 'orders' }, { typ: undefined }],
    ['an issuer that somebody added', { iss: 'orders-auth' }, { issuer: 'orders-auth' }],
    ['a refresh token', { ati: '0a5d3d2f' }, 'wrong_type'],
    ['no id', { jti: undefined }, 'missing_claim'],
    ['no client', { client_id: undefined }, 'missing_claim'],
    ['authorities that are no list', { authorities: 'ROLE_ADMIN' }, { roles: [] }]
  ]
)
