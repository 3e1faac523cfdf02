import { spiffe } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const sub = 'spiffe://shop.internal/ns/prod/sa/orders'
const machine = { aud: [audience], exp: now + 300, iat: now, sub }

testProfile(
  spiffe({ trustDomain: 'shop.internal' }),
  {},
  { header: { alg: 'ES256', kid: 'one', typ: 'JWT' }, claims: machine },
  [
    ['a workload', {}, { issuer: undefined, clientId: sub, subject: sub, actsFor: 'itself', scope: [], roles: [] }],
    ['no type', {}, { clientId: sub }, { typ: undefined }],
    ['the type JOSE', {}, { clientId: sub }, { typ: 'JOSE' }],
    ['no time of issue', { iat: undefined }, { clientId: sub }],
    ['an issuer that SPIRE writes', { iss: 'https://spire.shop.internal' }, { issuer: 'https://spire.shop.internal' }],
    ['one audience', { aud: audience }, { audience: [audience] }],
    ['several audiences', { aud: ['spiffe://shop.internal/billing', audience] }, { clientId: sub }],
    ['another trust domain', { sub: 'spiffe://evil.internal/orders' }, 'wrong_type'],
    ['a trust domain that begins alike', { sub: 'spiffe://shop.internal.evil/orders' }, 'wrong_type'],
    ['the trust domain itself', { sub: 'spiffe://shop.internal' }, 'wrong_type'],
    ['a subject that is no SPIFFE ID', { sub: 'orders' }, 'wrong_type'],
    ['no subject', { sub: undefined }, 'wrong_type'],
    ['no audience', { aud: undefined }, 'missing_claim'],
    ['the type of an access token', {}, 'wrong_type', { typ: 'at+jwt' }]
  ]
)
