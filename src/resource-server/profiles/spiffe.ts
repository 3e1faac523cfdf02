import type { ClaimTest, TokenProfile } from './token-profile.ts'

export interface SpiffeOptions {
  /** Accepts only workloads of this trust domain, such as `example.org`. A bundle of keys belongs to one trust domain. */
  readonly trustDomain?: string
}

/**
 * SPIFFE JWT-SVIDs. The client id is the SPIFFE ID of the caller. There is no `iss`, no `iat` and no scope. `keys: jwks(bundle)` fixes the keys of the
 * trust domain, whose `use` is `jwt-svid`. Write a rule about `clientId`. (SPIFFE: JWT-SVID, SPIFFE Trust Domain and Bundle.)
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
