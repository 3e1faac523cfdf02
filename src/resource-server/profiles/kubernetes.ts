import type { ClaimTest, TokenProfile } from './token-profile.ts'

const serviceAccount: ClaimTest = { at: ['sub'], startsWith: 'system:serviceaccount:' }

/**
 * Kubernetes service accounts, projected tokens: the caller is `system:serviceaccount:namespace:name`. There is no scope; write a rule about
 * `clientId` or the claim `kubernetes.io`. Old tokens without an end are refused. (Its documentation: Managing service accounts, Bound tokens.)
 */
export function kubernetes(): TokenProfile {
  return {
    name: 'kubernetes',
    types: ['', 'jwt'],
    required: ['iss', 'sub', 'iat'],
    must: [serviceAccount, { at: ['kubernetes.io', 'serviceaccount', 'name'], is: 'present' }],
    clientId: [['sub']],
    scope: [],
    roles: [],
    client: [[serviceAccount]],
    user: []
  }
}
