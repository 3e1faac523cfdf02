import { entra } from '../../../src/resource-server/index.ts'
import { now, testProfile } from './forms.ts'

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const api = '6e74172b-be56-4843-9ff4-e66a39bb12e3'
const orders = '1fec8e78-bce4-4aaf-ab1b-5451cc387264'
const service = '0c4f6a2d-7d13-4d5b-9a52-6d2f5a3b8e90'

const machine = {
  aud: api,
  iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
  iat: now,
  nbf: now,
  exp: now + 3599,
  aio: 'E2ZgYDh7',
  azp: orders,
  azpacr: '1',
  oid: service,
  rh: '0.AXkA',
  roles: ['Users.Read.All'],
  sub: service,
  tid: tenant,
  uti: 'fqiBqXLPj0eQa82S-IYFAA',
  ver: '2.0'
}
const v1 = {
  aud: `api://${api}`,
  iss: `https://sts.windows.net/${tenant}/`,
  azp: undefined,
  azpacr: undefined,
  appid: orders,
  appidacr: '1',
  idp: `https://sts.windows.net/${tenant}/`,
  ver: '1.0'
}
const person = {
  scp: 'Users.Read Users.List',
  roles: undefined,
  sub: 'hKXF_cGkLr2hQ0zBqFg5cbhPzeGn0k7Z',
  name: 'Alice',
  preferred_username: 'alice@shop.example'
}

testProfile(
  entra({ tenant }),
  { audience: [api, `api://${api}`] },
  { header: { typ: 'JWT', alg: 'ES256', kid: 'one' }, claims: machine },
  [
    [
      'an application, v2',
      {},
      { clientId: orders, subject: service, actsFor: 'itself', roles: ['Users.Read.All'], scope: [] }
    ],
    ['an application, v1', v1, { clientId: orders, audience: [`api://${api}`], actsFor: 'itself' }, { x5t: 'one' }],
    ['an application with idtyp', { idtyp: 'app', oid: undefined }, { actsFor: 'itself' }],
    ['a user, v2', person, { clientId: orders, actsFor: 'user', scope: ['Users.Read', 'Users.List'] }],
    ['a user, v1', { ...v1, ...person, unique_name: 'alice' }, { actsFor: 'user' }],
    ['a user with idtyp and without a scope', { ...person, scp: undefined, idtyp: 'user' }, { actsFor: 'user' }],
    ['neither mark', { oid: undefined }, { actsFor: 'unknown' }],
    ['marks that contradict', { idtyp: 'app', scp: 'Users.Read' }, { actsFor: 'unknown' }],
    ['an ID token', { azp: undefined, nonce: 'n-0S6', ...person, scp: undefined }, 'wrong_type'],
    ['an ID token without a nonce', { azp: undefined, ...person, scp: undefined }, 'missing_claim'],
    ['another tenant', { iss: 'https://login.microsoftonline.com/other/v2.0', tid: 'other' }, 'wrong_type'],
    ['the issuer of another tenant', { iss: 'https://login.microsoftonline.com/other/v2.0' }, 'wrong_issuer'],
    ['another tenant under this issuer', { tid: '9188040d-6c67-4c5b-b112-36a304b66dad' }, 'wrong_type'],
    ['a token for Microsoft Graph', { aud: 'https://graph.microsoft.com' }, 'wrong_audience'],
    ['a token without a type', {}, 'wrong_type', { typ: undefined }]
  ]
)
