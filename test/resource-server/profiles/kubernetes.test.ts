import { kubernetes } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const issuer = 'https://kubernetes.default.svc.cluster.local'
const sub = 'system:serviceaccount:shop:orders'
const machine = {
  aud: [audience],
  exp: now + 3607,
  iat: now,
  iss: issuer,
  jti: 'ea28ed49-2e11-4280-9ec5-bc3d1d84661a',
  'kubernetes.io': {
    namespace: 'shop',
    node: { name: 'worker-1', uid: '646e7c5e' },
    pod: { name: 'orders-69cbfb9798-jv9gn', uid: '778a530c' },
    serviceaccount: { name: 'orders', uid: '14ee3fa4' },
    warnafter: now + 3600
  },
  nbf: now,
  sub
}

testProfile(kubernetes(), { issuer }, { header: { alg: 'ES256', kid: 'one' }, claims: machine }, [
  ['a service account', {}, { clientId: sub, subject: sub, actsFor: 'itself', scope: [], roles: [] }],
  ['one audience as a list', {}, { audience: [audience] }],
  ['no id, as before 1.29', { jti: undefined }, { clientId: sub }],
  ['a type', {}, { clientId: sub }, { typ: 'JWT' }],
  [
    'a token that is bound to no pod',
    { 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'orders' } } },
    { clientId: sub }
  ],
  ['a user', { sub: 'alice' }, 'wrong_type'],
  ['a node', { sub: 'system:node:worker-1' }, 'wrong_type'],
  ['no service account', { 'kubernetes.io': { namespace: 'shop' } }, 'wrong_type'],
  ['nothing of Kubernetes', { 'kubernetes.io': undefined }, 'wrong_type'],
  ['the audience of the API server', { aud: [issuer] }, 'wrong_audience'],
  ['another cluster', { iss: 'https://other.internal' }, 'wrong_issuer'],
  [
    'an old token without an end',
    {
      iss: 'kubernetes/serviceaccount',
      exp: undefined,
      aud: undefined,
      'kubernetes.io/serviceaccount/namespace': 'shop'
    },
    'wrong_issuer'
  ],
  ['no time of issue', { iat: undefined }, 'missing_claim'],
  ['no audience', { aud: undefined }, 'missing_claim']
])
