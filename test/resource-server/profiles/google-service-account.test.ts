import { googleServiceAccount } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const email = 'orders@shop-123456.iam.gserviceaccount.com'
const machine = {
  aud: audience,
  azp: '113774264463038321964',
  email,
  email_verified: true,
  exp: now + 3600,
  iat: now,
  iss: 'https://accounts.google.com',
  sub: '113774264463038321964'
}

testProfile(googleServiceAccount(), {}, { header: { alg: 'ES256', kid: 'one', typ: 'JWT' }, claims: machine }, [
  ['a service account', {}, { clientId: email, subject: machine.sub, actsFor: 'itself', scope: [], roles: [] }],
  ['the issuer without its scheme', { iss: 'accounts.google.com' }, { issuer: 'accounts.google.com' }],
  [
    'the default account of Compute Engine',
    { email: '12-compute@developer.gserviceaccount.com' },
    { actsFor: 'itself' }
  ],
  ['an account whose azp is its address', { azp: email }, { clientId: email }],
  ['the place where it runs', { google: { compute_engine: { zone: 'x' } } }, { clientId: email }],
  ['no azp', { azp: undefined }, { clientId: email }],
  ['a person', { email: 'alice@gmail.com', hd: 'shop.example' }, 'wrong_type'],
  ['a person of a domain that ends alike', { email: 'alice@evilgserviceaccount.com' }, 'wrong_type'],
  ['an address that nobody verified', { email_verified: false }, 'wrong_type'],
  ['an address that is verified in words', { email_verified: 'true' }, 'wrong_type'],
  ['no address', { email: undefined, email_verified: undefined }, 'wrong_type'],
  ['another service', { aud: 'https://billing-uc.a.run.app' }, 'wrong_audience'],
  ['an issuer that begins alike', { iss: 'https://accounts.google.com.evil.internal' }, 'wrong_issuer'],
  ['no issuer', { iss: undefined }, 'missing_claim'],
  ['no subject', { sub: undefined }, 'missing_claim']
])
