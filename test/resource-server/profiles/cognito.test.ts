import { cognito } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example'
const client = '1example23456789'
const machine = {
  sub: client,
  token_use: 'access',
  scope: 'users/read users/list',
  auth_time: now,
  iss: issuer,
  exp: now + 3600,
  iat: now,
  version: 2,
  jti: '39cdbc77-8743-4e1e-9669-96e62b165f1c',
  client_id: client
}
const person = {
  sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  username: 'alice',
  'cognito:groups': ['admins'],
  origin_jti: 'x'
}

testProfile(
  cognito(),
  { issuer, audience: [client, audience] },
  { header: { kid: 'one', alg: 'ES256' }, claims: machine },
  [
    [
      'a machine',
      {},
      { clientId: client, subject: client, actsFor: 'itself', audience: [client], scope: ['users/read', 'users/list'] }
    ],
    ['a user', person, { clientId: client, subject: person.sub, actsFor: 'user', roles: ['admins'] }],
    ['a user who is called like the client', { ...person, username: client, sub: client }, { actsFor: 'user' }],
    ['a resource that was asked for', { aud: audience }, { audience: [audience] }],
    ['the resource of another service', { aud: 'https://billing.internal/' }, 'wrong_audience'],
    ['a client that may not call', { client_id: 'other', sub: 'other' }, 'wrong_audience'],
    ['neither user nor client as subject', { sub: 'x' }, { actsFor: 'unknown' }],
    ['no groups', { ...person, 'cognito:groups': undefined }, { roles: [] }],
    ['an ID token', { token_use: 'id', aud: client, client_id: undefined }, 'wrong_type'],
    ['an ID token that kept the client', { token_use: 'id' }, 'wrong_type'],
    ['no use', { token_use: undefined }, 'wrong_type'],
    ['two uses', { token_use: ['access'] }, 'wrong_type'],
    ['another user pool', { iss: `${issuer}2` }, 'wrong_issuer'],
    ['no client', { client_id: undefined, aud: client }, 'missing_claim'],
    ['a client that is a list', { client_id: [client] }, 'missing_claim']
  ]
)
