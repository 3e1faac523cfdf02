import type { ClaimTest, TokenProfile } from './token-profile.ts'

export interface SpiffeOptions {
  /** Only workloads of this trust domain, as `example.org`. A bundle of keys belongs to one domain. */
  readonly trustDomain?: string
}

/**
 * SPIFFE JWT-SVIDs: the caller is its SPIFFE ID. There is neither `iss` nor `iat` nor scope; `keys: jwks(bundle)` pins the trust domain, whose
 * keys have the use `jwt-svid`. Write a rule about `clientId`. (SPIFFE: JWT-SVID, SPIFFE Trust Domain and Bundle.)
 */
export function spiffe({ trustDomain }: SpiffeOptions = {}): TokenProfile {
  const workload: ClaimTest = {
    at: ['sub'],
    startsWith: `spiffe://${trustDomain === undefined ? '' : `${trustDomain}/`}`
  }
  return {
    name: 'spiffe',
    types: ['', 'jwt', 'jose'],
    required: ['sub'],
    must: [workload],
    clientId: [['sub']],
    scope: [],
    roles: [],
    client: [[workload]],
    user: [],
    keyUses: ['jwt-svid']
  }
}
