import type { ClaimTest, TokenProfile } from './token-profile.ts'

const serviceAccount: ClaimTest = { at: ['sub'], startsWith: 'system:serviceaccount:' }

/**
 * Kubernetes, for projected tokens of service accounts. The caller is `system:serviceaccount:namespace:name`. There is no scope. Write a rule about
 * `clientId` or the claim `kubernetes.io` instead. Legacy tokens that never expire are refused.
 * (Kubernetes documentation: Managing service accounts, Bound tokens.)
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
